"""Which of the shapes that a model knows is nearest to the one that was asked for."""

from collections.abc import Iterable
from math import log, sqrt

from msgspec import Struct

Size = tuple[int, int]
"""Width and height in pixels."""

LANDSCAPE = (1792, 1024)


class Limits(Struct, frozen=True):
    """The sides that a model takes, where it takes any within them."""

    step: int = 1
    """Sides are multiples of it."""
    shortest: int = 64
    longest: int = 4096
    most_pixels: int = 4_000_000


def nearest_size(sizes: Iterable[Size], wanted: Size) -> Size:
    """Return the size whose shape is nearest; of equal shapes the one of the nearest area."""
    return min(
        sizes,
        key=lambda size: (
            round(_distance(size, wanted), 6),
            abs(size[0] * size[1] - wanted[0] * wanted[1]),
        ),
    )


def nearest_ratio(ratios: Iterable[str], wanted: Size) -> str:
    """Return the ratio (`16:9`) that is nearest to the shape of a size."""
    return min(ratios, key=lambda ratio: round(_distance(_sides(ratio), wanted), 6))


def within(limits: Limits, wanted: Size) -> Size:
    """Return the size, scaled until it fits, its sides multiples of the step."""
    width, height = wanted
    scale = min(1.0, sqrt(limits.most_pixels / (width * height)), limits.longest / max(wanted))
    width, height = (_stepped(side * scale, limits) for side in wanted)
    while width * height > limits.most_pixels:
        # Rounding up may have passed the limit.
        if width >= height:
            width -= limits.step
        else:
            height -= limits.step
    return width, height


def shaped(side: int, *, landscape: bool | None) -> Size:
    """Return a square of a side, or the long shape of the web client in its proportion."""
    if landscape is None:
        return side, side
    wide, high = (round(edge * side / min(LANDSCAPE)) for edge in LANDSCAPE)
    return (wide, high) if landscape else (high, wide)


def _stepped(side: float, limits: Limits) -> int:
    side = min(max(side, limits.shortest), limits.longest)
    return max(round(side / limits.step), 1) * limits.step


def _distance(one: Size, other: Size) -> float:
    return abs(log(one[0] / one[1]) - log(other[0] / other[1]))


def _sides(ratio: str) -> Size:
    width, _, height = ratio.partition(":")
    return int(width), int(height)
