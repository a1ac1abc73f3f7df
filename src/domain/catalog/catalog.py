"""Looks a model up by any name a user may know it by."""

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping

from domain.catalog.card import Capability, ModelCard
from domain.errors import UnknownModel

MakeCard = Callable[[str], ModelCard]
"""Makes the card of a model that no catalogue can list beforehand, from its name."""


class Catalog:
    """All models on offer. Built once; a catalogue that contradicts itself is not built at all."""

    def __init__(
        self,
        cards: Iterable[ModelCard],
        aliases: Mapping[str, str] | None = None,
        made: Mapping[str, MakeCard] | None = None,
    ) -> None:
        """Join the cards; a later card with the same id takes the earlier one's place.

        Args:
            cards: every model.
            aliases: more names, which win over those of the cards; one may point to another.
            made: for names that begin with a prefix, what makes their cards.

        Raises:
            ValueError: two cards claim one name, an alias or counterpart leads nowhere, or a
                card that can reason names no efforts.
        """
        self._cards = {card.id: card for card in cards}
        self._made = made or {}
        self._targets: dict[str, str] = {}
        overriding = aliases or {}
        for card in self._cards.values():
            for alias in card.aliases:
                if alias not in overriding:
                    self._claim(alias, card.id)
        self._targets.update(overriding)
        for card in self._cards.values():
            self._targets.setdefault(card.model.lower(), card.id)
        self._check()

    def _claim(self, alias: str, target: str) -> None:
        taken = self._targets.setdefault(alias, target)
        if taken != target:
            raise ValueError(f"alias {alias!r} is claimed by both {taken!r} and {target!r}")

    def _check(self) -> None:
        for alias in self._targets:
            if self._resolve(alias) is None:
                raise ValueError(f"alias {alias!r} leads to no model")
        for card in self._cards.values():
            if card.id != card.id.strip().lower():
                raise ValueError(f"model id {card.id!r} must be trimmed and lower case")
            if card.counterpart is not None and self._resolve(card.counterpart) is None:
                raise ValueError(f"{card.id!r} names an unknown counterpart {card.counterpart!r}")
            if card.able_to(Capability.REASONING) and not card.efforts:
                raise ValueError(f"{card.id!r} can reason but names no efforts")

    def _resolve(self, name: str) -> ModelCard | None:
        seen: set[str] = set()
        # An alias wins over a card of the same name: that is how a deprecated card is shadowed.
        while name in self._targets and name not in seen:
            seen.add(name)
            if self._targets[name] == name:
                break
            name = self._targets[name]
        return self._cards.get(name)

    def find(self, name: str) -> ModelCard:
        """Return the card behind an id, an alias (of an alias …) or a provider's own name.

        Raises:
            UnknownModel: with the closest known names.
        """
        wanted = name.strip().lower()
        card = self._resolve(wanted) or self._make(name.strip())
        if card is None:
            raise UnknownModel(name, difflib.get_close_matches(wanted, self.names(), n=3))
        return card

    def _make(self, name: str) -> ModelCard | None:
        for prefix, make in self._made.items():
            if name.lower().startswith(prefix) and len(name) > len(prefix):
                return make(name)
        return None

    def for_reasoning(self, card: ModelCard) -> ModelCard:
        """Return the card to use when reasoning is asked of this one: its counterpart, if any."""
        if card.counterpart is None:
            return card
        return self._resolve(card.counterpart) or card

    def able(self, capability: Capability) -> list[str]:
        """Return the ids of the models with a capability, in catalogue order."""
        return [card.id for card in self._cards.values() if card.able_to(capability)]

    def names(self) -> list[str]:
        """Return every name that `find` knows."""
        return [*self._cards, *(alias for alias in self._targets if alias not in self._cards)]

    def __iter__(self) -> Iterator[ModelCard]:
        return iter(self._cards.values())
