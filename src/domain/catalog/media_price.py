"""What pictures and clips cost, in US dollars."""

from collections.abc import Mapping

from msgspec import Struct

from domain.catalog.card import Usd
from domain.catalog.shapes import Size

_MTOK = 1_000_000
_MEGAPIXEL = 1024 * 1024


class MediaTokens(Struct, frozen=True):
    """What was read and drawn, in tokens: those of pictures have a price of their own."""

    words_in: int = 0
    pictures_in: int = 0
    words_out: int = 0
    pictures_out: int = 0


class TokenPrice(Struct, frozen=True, forbid_unknown_fields=True):
    """US dollars per million tokens of each kind."""

    words_in: Usd
    pictures_in: Usd
    words_out: Usd
    pictures_out: Usd

    def of(self, tokens: MediaTokens) -> float:
        """Return what the tokens cost."""
        return (
            tokens.words_in * self.words_in
            + tokens.pictures_in * self.pictures_in
            + tokens.words_out * self.words_out
            + tokens.pictures_out * self.pictures_out
        ) / _MTOK


class PicturePrice(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What one picture costs, and what its tokens do where the provider bills by them."""

    each_usd: Usd = 0.0
    """Whatever it is …"""
    by_quality: Mapping[str, tuple[Usd, Usd]] = {}
    """… or by its quality: as a square, and in any longer shape."""
    further_megapixel_usd: Usd = 0.0
    """For each one that is begun beyond the first."""
    input_usd: Usd = 0.0
    """More, for each picture it is made from."""
    tokens: TokenPrice | None = None
    seen: str = ""
    """The day or month (ISO) in which the price was seen; empty for an operator's own."""

    def of(self, quality: str, size: Size, inputs: int = 0) -> float:
        """Return what one picture costs; a quality without a price of its own as the dearest."""
        width, height = size
        each = self.each_usd
        if self.by_quality:
            dearest = max(self.by_quality.values())
            square, longer = self.by_quality.get(quality, dearest)
            each = square if width == height else longer
        further = max(0, -(-width * height // _MEGAPIXEL) - 1)
        return each + further * self.further_megapixel_usd + inputs * self.input_usd


class ClipPrice(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a second of a clip costs."""

    second_usd: Usd
    by_resolution: Mapping[str, Usd] = {}
    """Where a resolution or size has a price of its own."""
    seen: str = ""

    def of(self, seconds: float, resolution: str) -> float:
        """Return what a clip costs."""
        return seconds * self.by_resolution.get(resolution, self.second_usd)
