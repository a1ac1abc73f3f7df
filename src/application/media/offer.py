"""Which models draw and film, and what stands in the way of those that cannot be used."""

from collections.abc import Mapping
from typing import Generic

from msgspec import Struct

from domain.catalog.media_cards import ImageCard, VideoCard
from domain.catalog.media_catalog import Card, MediaCatalog


class OfferedMedia(Struct, Generic[Card], frozen=True):
    """A model that makes pictures or clips."""

    card: Card
    aliases: tuple[str, ...]
    """Every other name that leads to it, in alphabetical order."""
    reason: str | None = None
    """Why it cannot be used now; None: it can."""


class OfferMedia:
    """Reads the catalogues; no provider is asked."""

    def __init__(
        self,
        images: MediaCatalog[ImageCard],
        films: MediaCatalog[VideoCard],
        obstacles: Mapping[str, str],
    ) -> None:
        """Take the models, and why providers cannot be asked, by their names."""
        self._images = images
        self._films = films
        self._obstacles = obstacles

    def images(self) -> list[OfferedMedia[ImageCard]]:
        """Return every model that draws; the first is the default."""
        return self._offered(self._images)

    def films(self) -> list[OfferedMedia[VideoCard]]:
        """Return every model that films; the first is the default."""
        return self._offered(self._films)

    def _offered(self, catalog: MediaCatalog[Card]) -> list[OfferedMedia[Card]]:
        return [
            OfferedMedia(card, tuple(catalog.names(card)), self._obstacles.get(card.provider))
            for card in catalog
        ]
