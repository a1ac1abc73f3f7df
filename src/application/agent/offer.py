"""What may be chosen now, and what stands in the way of the rest."""

from typing import NewType

from msgspec import Struct

from domain.catalog.card import ModelCard
from domain.catalog.catalog import Catalog
from domain.errors import NotFound

Obstacles = NewType("Obstacles", dict[str, str])
"""Why a provider cannot be asked, in a few words for its users, by the name of who speaks to it; a
provider that can be asked is not in it."""


class Offered(Struct, frozen=True):
    """A model of the catalogue."""

    card: ModelCard
    aliases: tuple[str, ...]
    """Every other name that leads to it, the operator's included, in alphabetical order."""
    reason: str | None = None
    """Why it cannot be used now; None: it can."""

    @property
    def available(self) -> bool:
        """Whether a question may be put to it."""
        return self.reason is None


class OfferModels:
    """Reads the catalogue; no provider is asked."""

    def __init__(self, catalog: Catalog, obstacles: Obstacles) -> None:
        self._catalog = catalog
        self._obstacles = obstacles

    def __call__(self) -> list[Offered]:
        """Return every model, in the order of the catalogue."""
        names = self._names()
        return [
            Offered(card, tuple(names.get(card.id, ())), self._reason(card))
            for card in self._catalog
        ]

    def of(self, provider: str) -> list[Offered]:
        """Return the models of one provider."""
        return [one for one in self() if one.card.provider == provider]

    def named(self, name: str, provider: str) -> Offered:
        """Return a provider's model by its id or any other name that leads to it.

        Raises:
            NotFound: the provider has none of that name.
        """
        wanted = name.strip().lower()
        models = self.of(provider)
        for one in models:
            if wanted == one.card.id:
                return one
        for one in models:
            if wanted in (*one.aliases, one.card.model.lower()):
                return one
        raise NotFound("Model not found")

    def _names(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for name in sorted(self._catalog.names()):
            if name != name.strip().lower():
                continue  # Names are looked up in lower case: this one leads nowhere.
            card = self._catalog.find(name)
            if name not in (card.id, card.model.lower()):
                found.setdefault(card.id, []).append(name)
        return found

    def _reason(self, card: ModelCard) -> str | None:
        led_to = self._catalog.find(card.id)
        if led_to.id != card.id:
            return f"the name {card.id} stands for {led_to.id}"
        return self._obstacles.get(card.adapter or card.provider)
