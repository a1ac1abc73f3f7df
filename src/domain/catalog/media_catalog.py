"""Looks up models that draw or film, by any name a user may know them by."""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from typing import Generic, TypeVar

from msgspec import structs

from domain.catalog.media_cards import ImageCard, VideoCard
from domain.media_errors import UnknownMediaModel

Card = TypeVar("Card", ImageCard, VideoCard)


class MediaCatalog(Generic[Card]):
    """Models of one kind. Built once; a catalogue that contradicts itself is not built at all."""

    def __init__(
        self, kind: str, cards: Iterable[Card], families: Mapping[str, str] | None = None
    ) -> None:
        """Join the cards.

        Args:
            kind: the section of the settings that names a model: `image` or `video`.
            cards: every model; the first is the default.
            families: by how a name begins, the card whose facts hold for a model of that name
                which no card lists: providers bring out new ones faster than this list grows.

        Raises:
            ValueError: two cards claim one name, or a family leads nowhere.
        """
        self.kind = kind
        self._cards: dict[str, Card] = {card.id: card for card in cards}
        self._families = families or {}
        self._names: dict[str, str] = {}
        for card in self._cards.values():
            for name in (card.id, *card.aliases):
                if self._names.setdefault(name, card.id) != card.id:
                    raise ValueError(f"name {name!r} is claimed by two cards")
        for card in self._cards.values():
            self._names.setdefault(card.model.lower(), card.id)
        for family in self._families.values():
            if family not in self._cards:
                raise ValueError(f"family {family!r} leads to no card")

    def find(self, name: str) -> Card:
        """Return the card behind an id, an alias, a provider's own name or a family's beginning.

        No name is that of the default model.

        Raises:
            UnknownMediaModel: with the closest known names.
        """
        wanted = name.strip().lower()
        if not wanted:
            return next(iter(self._cards.values()))
        known = self._names.get(wanted)
        if known is not None:
            return self._cards[known]
        for beginning, like in self._families.items():
            if wanted.startswith(beginning):
                return _of_family(self._cards[like], wanted)
        close = difflib.get_close_matches(wanted, self._names, n=3)
        raise UnknownMediaModel(f"{self.kind}.model", name, close)

    def names(self, card: Card) -> list[str]:
        """Return every other name that leads to a card, in alphabetical order."""
        return sorted(
            name for name, known in self._names.items() if known == card.id and name != card.id
        )

    def __iter__(self) -> Iterator[Card]:
        return iter(self._cards.values())


def _of_family(like: Card, name: str) -> Card:
    """Return the card of a model that only its name is known of: its price is not."""
    return structs.replace(like, id=name, model=name, aliases=(), price=None)
