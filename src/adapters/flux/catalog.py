"""Black Forest Labs' FLUX models (contract: media §2).

Prices as published in 2026-05; what BFL itself says that a picture costs counts for more.
"""

from domain.catalog.media_cards import DrawingOption, ImageCard
from domain.catalog.media_price import PicturePrice
from domain.catalog.shapes import Limits

PROVIDER = "flux"
_SEEN = "2026-05"

_ANY = {DrawingOption.SEED, DrawingOption.SAFETY_TOLERANCE}
_TUNED = frozenset(
    _ANY | {DrawingOption.STEPS, DrawingOption.GUIDANCE, DrawingOption.PROMPT_UPSAMPLING}
)
_FLUX_1 = Limits(step=32, shortest=256, longest=1440, most_pixels=1440 * 1440)
_FLUX_2 = Limits(step=16, shortest=64, longest=4096, most_pixels=2048 * 2048)
_RATIOS = ("1:1", "21:9", "16:9", "3:2", "4:3", "5:4", "4:5", "3:4", "2:3", "9:16", "9:21")

INPUT_FIELD = "input_image"
PROMPT_FIELD = "image_prompt"


def _flux_2(
    name: str, aliases: tuple[str, ...], price: PicturePrice, *, tuned: bool = False
) -> ImageCard:
    return ImageCard(
        id=name,
        provider=PROVIDER,
        model=name,
        aliases=aliases,
        limits=_FLUX_2,
        options=_TUNED if tuned else frozenset(_ANY),
        inputs=4,
        way=INPUT_FIELD,
        price=price,
    )


def _kontext(name: str, aliases: tuple[str, ...], usd: float) -> ImageCard:
    return ImageCard(
        id=name,
        provider=PROVIDER,
        model=name,
        aliases=aliases,
        ratios=_RATIOS,
        options=frozenset({*_ANY, DrawingOption.PROMPT_UPSAMPLING}),
        inputs=4,
        way=INPUT_FIELD,
        price=PicturePrice(each_usd=usd, seen=_SEEN),
    )


IMAGES = (
    _flux_2(
        "flux-2-pro",
        ("flux", "flux-pro"),
        PicturePrice(each_usd=0.03, further_megapixel_usd=0.015, input_usd=0.015, seen=_SEEN),
    ),
    _flux_2(
        "flux-2-max",
        ("flux-max",),
        PicturePrice(each_usd=0.07, further_megapixel_usd=0.03, input_usd=0.03, seen=_SEEN),
    ),
    _flux_2(
        "flux-2-flex",
        ("flux-flex",),
        PicturePrice(each_usd=0.05, further_megapixel_usd=0.05, input_usd=0.05, seen=_SEEN),
        tuned=True,
    ),
    ImageCard(
        id="flux-pro-1.1",
        provider=PROVIDER,
        model="flux-pro-1.1",
        limits=_FLUX_1,
        options=frozenset({*_ANY, DrawingOption.PROMPT_UPSAMPLING}),
        inputs=1,
        way=PROMPT_FIELD,
        price=PicturePrice(each_usd=0.04, seen=_SEEN),
    ),
    ImageCard(
        id="flux-pro-1.1-ultra",
        provider=PROVIDER,
        model="flux-pro-1.1-ultra",
        aliases=("flux-ultra",),
        ratios=_RATIOS,
        options=frozenset(
            {
                *_ANY,
                DrawingOption.PROMPT_UPSAMPLING,
                DrawingOption.RAW,
                DrawingOption.PROMPT_STRENGTH,
            }
        ),
        inputs=1,
        way=PROMPT_FIELD,
        price=PicturePrice(each_usd=0.06, seen=_SEEN),
    ),
    ImageCard(
        id="flux-dev",
        provider=PROVIDER,
        model="flux-dev",
        aliases=("flux-1",),
        limits=_FLUX_1,
        options=_TUNED,
        inputs=1,
        way=PROMPT_FIELD,
        price=PicturePrice(each_usd=0.025, seen=_SEEN),
    ),
    _kontext("flux-kontext-pro", ("flux-kontext",), 0.04),
    _kontext("flux-kontext-max", (), 0.08),
)
IMAGE_FAMILIES = {
    "flux-kontext": "flux-kontext-pro",
    "flux-2": "flux-2-pro",
    "flux": "flux-pro-1.1",
}
