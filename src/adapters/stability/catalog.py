"""Stability AI's models (contract: media §2). Prices of 2025-11, a credit being a cent."""

from domain.catalog.media_cards import DrawingOption, ImageCard
from domain.catalog.media_price import PicturePrice

PROVIDER = "stability"
_SEEN = "2025-11"

_RATIOS = ("1:1", "16:9", "21:9", "2:3", "3:2", "4:5", "5:4", "9:16", "9:21")
_WORDS = frozenset({DrawingOption.NEGATIVE_PROMPT, DrawingOption.STYLE_PRESET, DrawingOption.SEED})
_SD3 = _WORDS | {DrawingOption.CFG_SCALE, DrawingOption.PROMPT_STRENGTH}


def _sd3(name: str, usd: float, aliases: tuple[str, ...] = ()) -> ImageCard:
    return ImageCard(
        id=name,
        provider=PROVIDER,
        model=name,
        aliases=aliases,
        ratios=_RATIOS,
        options=_SD3,
        inputs=1,
        way="sd3",
        wire={"model": name},
        price=PicturePrice(each_usd=usd, seen=_SEEN),
    )


IMAGES = (
    ImageCard(
        id="sd-core",
        provider=PROVIDER,
        model="core",
        aliases=("stability",),
        ratios=_RATIOS,
        options=_WORDS,
        way="core",
        price=PicturePrice(each_usd=0.03, seen=_SEEN),
    ),
    ImageCard(
        id="sd-ultra",
        provider=PROVIDER,
        model="ultra",
        aliases=("stability-ultra",),
        ratios=_RATIOS,
        options=_WORDS | {DrawingOption.PROMPT_STRENGTH},
        inputs=1,
        way="ultra",
        price=PicturePrice(each_usd=0.08, seen=_SEEN),
    ),
    _sd3("sd3.5-large", 0.065, ("sd3.5", "sd3", "sd")),
    _sd3("sd3.5-large-turbo", 0.04),
    _sd3("sd3.5-medium", 0.035),
)
IMAGE_FAMILIES = {"sd": "sd3.5-large", "stability": "sd-core", "core": "sd-core"}
