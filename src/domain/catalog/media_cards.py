"""Facts of the models that draw and film, as data."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Literal

from msgspec import Struct

from domain.catalog.media_price import ClipPrice, PicturePrice
from domain.catalog.shapes import Limits, Size, nearest_ratio, nearest_size, within


class DrawingOption(StrEnum):
    """What a request may say of a picture beside its shape and quality."""

    STEPS = "steps"
    GUIDANCE = "guidance"
    PROMPT_UPSAMPLING = "prompt_upsampling"
    SAFETY_TOLERANCE = "safety_tolerance"
    SEED = "seed"
    RAW = "raw"
    PROMPT_STRENGTH = "prompt_strength"
    """How much a picture that it is made from counts, 0 to 1."""
    NEGATIVE_PROMPT = "negative_prompt"
    STYLE_PRESET = "style_preset"
    CFG_SCALE = "cfg_scale"
    LITERAL = "literal"
    """Take the prompt word for word: for a model that rewrites what it is told."""


class ImageCard(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One model that draws."""

    id: str
    """The name users choose it by, lower case."""
    provider: str
    model: str
    """The provider's own name for it."""
    aliases: tuple[str, ...] = ()
    sizes: tuple[Size, ...] = ()
    """The only sizes it takes; empty: see `limits`."""
    ratios: tuple[str, ...] = ()
    """Where it is told a ratio in place of a size: the only ones it takes."""
    limits: Limits = Limits()
    qualities: Mapping[str, str] = {}
    """What is sent for the words that users have for quality; empty: nothing is."""
    quality: str = ""
    """What is sent for any other word."""
    options: frozenset[DrawingOption] = frozenset()
    inputs: int = 0
    """How many pictures it can be given to draw from."""
    at_once: int = 1
    """How many pictures one request may ask for."""
    wire: Mapping[str, Any] = {}
    """What its requests say in any case, beside what the order asks for."""
    way: str = ""
    """Which of its provider's interfaces it is asked through, where there are several."""
    price: PicturePrice | None = None

    def size_for(self, wanted: Size) -> Size:
        """Return the size that is nearest to what is wanted."""
        if self.sizes:
            return nearest_size(self.sizes, wanted)
        return wanted if self.ratios else within(self.limits, wanted)

    def ratio_for(self, wanted: Size) -> str:
        """Return the ratio that is nearest to a size; empty where the model is told sizes."""
        return nearest_ratio(self.ratios, wanted) if self.ratios else ""

    def quality_for(self, wanted: str) -> str:
        """Return the provider's word for a quality; empty where it has none."""
        return self.qualities.get(wanted.strip().lower(), self.quality)


class FilmingOption(StrEnum):
    """What a request may say of a clip beside its length and shape."""

    PERSON_GENERATION = "person_generation"
    NEGATIVE_PROMPT = "negative_prompt"
    RESOLUTION = "resolution"
    LAST_FRAME = "last_frame"
    REFERENCES = "reference_images"
    MODE = "mode"
    CFG_SCALE = "cfg_scale"
    CAMERA_CONTROL = "camera_control"
    MOTION_BRUSH = "motion_brush"
    AUDIO = "enable_audio"


class VideoCard(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One model that films."""

    id: str
    provider: str
    model: str
    aliases: tuple[str, ...] = ()
    seconds: tuple[int, ...]
    """The lengths it takes, shortest first."""
    rounds: Literal["down", "nearest"] = "nearest"
    """Which of them is taken for a length between two."""
    ratios: tuple[str, ...]
    ratio_from_words: str
    """In place of a ratio it does not know …"""
    ratio_from_image: str
    """… and where it films from a picture."""
    refuses_other_ratios: bool = False
    sizes: Mapping[str, Size] = {}
    """By `<resolution> <ratio>`, for a model that is told pixels; the first is the usual one."""
    resolutions: tuple[str, ...] = ()
    at_once: int = 1
    """How many clips one request may ask for, from words alone."""
    options: frozenset[FilmingOption] = frozenset()
    refuses: tuple[str, ...] = ()
    """Settings that other models may have and that would be lost on this one."""
    begins_with_reference: bool = False
    """Without a first frame, it begins with the first of the pictures of what is to appear."""
    modes: tuple[str, ...] = ()
    """Its provider's words for how much work it takes; the first is the usual one."""
    extends: bool = False
    """It can go on where an earlier clip of its own ends."""
    poll_s: float
    """How long it is left alone between two looks at its work."""
    longest_s: float
    """How long its work may take."""
    price: ClipPrice | None = None

    def seconds_for(self, wanted: float) -> int:
        """Return the length that is taken for the one that is wanted."""
        if self.rounds == "down":
            return max(
                (known for known in self.seconds if known <= wanted), default=self.seconds[0]
            )
        return min(self.seconds, key=lambda known: (abs(known - wanted), known))
