"""Google's models that draw and film (contract: media §2, §4.2). Prices as published in 2026-02."""

from domain.catalog.media_cards import FilmingOption, ImageCard, VideoCard
from domain.catalog.media_price import ClipPrice, PicturePrice, TokenPrice

PROVIDER = "gemini"
GENERATES = "generateContent"
PREDICTS = "predict"
_SEEN = "2026-02"

_RATIOS = ("1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9")
_IMAGEN_RATIOS = ("1:1", "3:4", "4:3", "9:16", "16:9")


def _imagen(name: str, aliases: tuple[str, ...], usd: float) -> ImageCard:
    return ImageCard(
        id=name,
        provider=PROVIDER,
        model=name,
        aliases=aliases,
        ratios=_IMAGEN_RATIOS,
        at_once=4,
        way=PREDICTS,
        price=PicturePrice(each_usd=usd, seen=_SEEN),
    )


IMAGES = (
    ImageCard(
        id="gemini-2.5-flash-image",
        provider=PROVIDER,
        model="gemini-2.5-flash-image",
        aliases=("gemini", "gemini-flash", "gemini_flash", "nano-banana"),
        ratios=_RATIOS,
        inputs=3,
        way=GENERATES,
        price=PicturePrice(each_usd=0.039, tokens=TokenPrice(0.3, 0.3, 2.5, 30.0), seen=_SEEN),
    ),
    ImageCard(
        id="gemini-3-pro-image-preview",
        provider=PROVIDER,
        model="gemini-3-pro-image-preview",
        aliases=("gemini-pro", "nano-banana-pro"),
        ratios=_RATIOS,
        inputs=14,
        way=GENERATES,
        price=PicturePrice(each_usd=0.134, tokens=TokenPrice(2.0, 2.0, 12.0, 120.0), seen=_SEEN),
    ),
    _imagen("imagen-4.0-generate-001", ("gemini-imagen", "imagen"), 0.04),
    _imagen("imagen-4.0-fast-generate-001", (), 0.02),
    _imagen("imagen-4.0-ultra-generate-001", (), 0.06),
)
IMAGE_FAMILIES = {
    "gemini": "gemini-2.5-flash-image",
    "imagen": "imagen-4.0-generate-001",
}

_VEO_OPTIONS = frozenset(
    {
        FilmingOption.PERSON_GENERATION,
        FilmingOption.NEGATIVE_PROMPT,
        FilmingOption.RESOLUTION,
        FilmingOption.LAST_FRAME,
        FilmingOption.REFERENCES,
    }
)


_VEO_REFUSES = (
    "fps",
    "generate_audio",
    "compression_quality",
    "mask",
    "seed",
    "output_gcs_uri",
    "pubsub_topic",
)


def _veo(name: str, model: str, aliases: tuple[str, ...], usd: float) -> VideoCard:
    return VideoCard(
        id=name,
        provider=PROVIDER,
        model=model,
        aliases=aliases,
        seconds=(4, 6, 8),
        ratios=("16:9", "9:16"),
        ratio_from_words="16:9",
        ratio_from_image="9:16",
        resolutions=("720p", "1080p"),
        at_once=2,
        options=_VEO_OPTIONS,
        refuses=_VEO_REFUSES,
        poll_s=20,
        longest_s=600,
        price=ClipPrice(second_usd=usd, seen=_SEEN),
    )


VIDEOS = (
    _veo("veo-3.1-fast", "veo-3.1-fast-generate-preview", ("veo", "gemini"), 0.15),
    _veo("veo-3.1", "veo-3.1-generate-preview", (), 0.4),
    _veo("veo-3.0-fast", "veo-3.0-fast-generate-001", (), 0.15),
    _veo("veo-3.0", "veo-3.0-generate-001", (), 0.4),
)
VIDEO_FAMILIES = {"veo": "veo-3.1", "gemini": "veo-3.1"}
