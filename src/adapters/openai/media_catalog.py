"""OpenAI's models that draw and film (contract: media §2, §4.3).

Prices of pictures as published by OpenAI in 2025-12: what a picture costs is an estimate, the bill
is by tokens where OpenAI tells them.
"""

from collections.abc import Mapping

from domain.catalog.media_cards import DrawingOption, ImageCard, VideoCard
from domain.catalog.media_price import ClipPrice, PicturePrice, TokenPrice
from domain.catalog.shapes import Size

PROVIDER = "openai"
_SEEN = "2025-12"

GPT_IMAGE_SIZES: tuple[Size, ...] = ((1024, 1024), (1536, 1024), (1024, 1536))
_QUALITIES: Mapping[str, str] = {
    "low": "low",
    "medium": "medium",
    "high": "high",
    "auto": "auto",
    "standard": "medium",
}
_DALLE_3_QUALITIES: Mapping[str, str] = {
    **dict.fromkeys(("low", "medium", "auto", "standard"), "standard"),
    **dict.fromkeys(("high", "hd"), "hd"),
}
_AS_BASE64 = {"response_format": "b64_json"}


def _gpt_image(name: str, aliases: tuple[str, ...], price: PicturePrice) -> ImageCard:
    return ImageCard(
        id=name,
        provider=PROVIDER,
        model=name,
        aliases=aliases,
        sizes=GPT_IMAGE_SIZES,
        qualities=_QUALITIES,
        quality="medium",
        inputs=16,
        at_once=10,
        price=price,
    )


IMAGES = (
    _gpt_image(
        "gpt-image-1.5",
        ("openai", "openai-1.5"),
        PicturePrice(
            by_quality={"low": (0.009, 0.013), "medium": (0.034, 0.05), "high": (0.133, 0.2)},
            tokens=TokenPrice(5.0, 8.0, 10.0, 32.0),
            seen=_SEEN,
        ),
    ),
    _gpt_image(
        "gpt-image-1",
        ("openai-1",),
        PicturePrice(
            by_quality={"low": (0.011, 0.016), "medium": (0.042, 0.063), "high": (0.167, 0.25)},
            tokens=TokenPrice(5.0, 10.0, 40.0, 40.0),
            seen=_SEEN,
        ),
    ),
    _gpt_image(
        "gpt-image-1-mini",
        ("openai-mini", "openai mini"),
        PicturePrice(
            by_quality={"low": (0.005, 0.006), "medium": (0.011, 0.015), "high": (0.036, 0.052)},
            tokens=TokenPrice(2.0, 2.5, 8.0, 8.0),
            seen=_SEEN,
        ),
    ),
    ImageCard(
        id="dall-e-3",
        provider=PROVIDER,
        model="dall-e-3",
        sizes=((1024, 1024), (1792, 1024), (1024, 1792)),
        qualities=_DALLE_3_QUALITIES,
        quality="standard",
        options=frozenset({DrawingOption.LITERAL}),
        wire=_AS_BASE64,
        price=PicturePrice(
            by_quality={"standard": (0.04, 0.08), "hd": (0.08, 0.12)},
            seen=_SEEN,
        ),
    ),
    ImageCard(
        id="dall-e-2",
        provider=PROVIDER,
        model="dall-e-2",
        sizes=((256, 256), (512, 512), (1024, 1024)),
        inputs=1,
        at_once=10,
        wire=_AS_BASE64,
        price=PicturePrice(each_usd=0.02, seen=_SEEN),
    ),
)
IMAGE_FAMILIES = {
    "gpt-image": "gpt-image-1.5",
    "openai": "gpt-image-1.5",
    "dall-e": "dall-e-3",
}

_SMALL: Mapping[str, Size] = {"720p 16:9": (1280, 720), "720p 9:16": (720, 1280)}
_LARGE: Mapping[str, Size] = {"1080p 16:9": (1792, 1024), "1080p 9:16": (1024, 1792)}


def _sora(
    name: str, aliases: tuple[str, ...], sizes: Mapping[str, Size], price: ClipPrice
) -> VideoCard:
    return VideoCard(
        id=name,
        provider=PROVIDER,
        model=name,
        aliases=aliases,
        seconds=(4, 8, 12),
        rounds="down",
        ratios=("16:9", "9:16"),
        ratio_from_words="9:16",
        ratio_from_image="9:16",
        begins_with_reference=True,
        sizes=sizes,
        poll_s=5,
        longest_s=240,
        price=price,
    )


VIDEOS = (
    _sora("sora-2", ("sora", "openai"), _SMALL, ClipPrice(second_usd=0.1, seen=_SEEN)),
    _sora(
        "sora-2-pro",
        (),
        {**_SMALL, **_LARGE},
        ClipPrice(second_usd=0.3, by_resolution={"1792x1024": 0.5, "1024x1792": 0.5}, seen=_SEEN),
    ),
)
VIDEO_FAMILIES = {"sora": "sora-2"}
