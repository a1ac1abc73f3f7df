"""The `image` section of the contract's settings → what to draw."""

from collections.abc import Mapping
from typing import Any

from domain.catalog.media_cards import DrawingOption
from domain.catalog.shapes import Size, shaped
from domain.errors import InvalidRequest
from domain.media_wishes import ImageWish
from entrypoints.web.wire.media_values import flag, number, text, whole
from entrypoints.web.wire.names import Json

DEFAULT_SIDE = 1024
DEFAULT_QUALITY = "medium"
_LONGEST_SIDE = 16_384
_SHAPES: Mapping[int, bool | None] = {0: None, 1: True, 2: False}
"""Of `image_aspect_ratio`: square, landscape, portrait."""
_NUMBERS: Mapping[str, DrawingOption] = {
    "steps": DrawingOption.STEPS,
    "flux_guidance": DrawingOption.GUIDANCE,
    "guidance": DrawingOption.GUIDANCE,
    "seed": DrawingOption.SEED,
    "safety_tolerance": DrawingOption.SAFETY_TOLERANCE,
    "sd_cfg_scale": DrawingOption.CFG_SCALE,
    "cfg_scale": DrawingOption.CFG_SCALE,
    "strength": DrawingOption.PROMPT_STRENGTH,
}
_TEXTS: Mapping[str, DrawingOption] = {
    "sd_negative_prompt": DrawingOption.NEGATIVE_PROMPT,
    "negative_prompt": DrawingOption.NEGATIVE_PROMPT,
    "sd_style_preset": DrawingOption.STYLE_PRESET,
    "style_preset": DrawingOption.STYLE_PRESET,
}
_FLAGS: Mapping[str, DrawingOption] = {
    "flux_prompt_upsampling": DrawingOption.PROMPT_UPSAMPLING,
    "prompt_upsampling": DrawingOption.PROMPT_UPSAMPLING,
    "raw": DrawingOption.RAW,
    "disable_safe_prompt_adjust": DrawingOption.LITERAL,
}
_NO_STYLE = "none"
_WHOLE = (DrawingOption.STEPS, DrawingOption.SEED, DrawingOption.SAFETY_TOLERANCE)


def image_wish(prompt: str, said: Json, inputs: tuple[str, ...] = ()) -> ImageWish:
    """Return what a user wants drawn; keys nobody reads are passed over.

    Raises:
        InvalidRequest: a value has the wrong type, or makes no sense.
    """
    count = whole(said, "number_of_images", "image")
    return ImageWish(
        prompt=prompt,
        model=text(said, "model", "image") or "",
        size=_size(said),
        quality=_quality(said),
        count=1 if count is None else count,
        inputs=inputs,
        options=_options(said),
    )


def _size(said: Json) -> Size:
    width, height = (whole(said, name, "image") for name in ("width", "height"))
    if width is None and height is None:
        side = whole(said, "size_of_image", "image")
        shape = whole(said, "image_aspect_ratio", "image")
        side = _checked(DEFAULT_SIDE if side is None else side)
        size = shaped(side, landscape=_SHAPES.get(shape or 0))
    else:
        size = (
            DEFAULT_SIDE if width is None else width,
            DEFAULT_SIDE if height is None else height,
        )
    return _checked(size[0]), _checked(size[1])


def _checked(side: int) -> int:
    if not 0 < side <= _LONGEST_SIDE:
        text = f"width and height must be from 1 to {_LONGEST_SIDE}"
        raise InvalidRequest(text, "image.size")
    return side


def _quality(said: Json) -> str:
    quality = text(said, "quality", "image")
    if quality:
        return quality
    return "high" if flag(said, "quality_hd") else DEFAULT_QUALITY


def _options(said: Json) -> dict[DrawingOption, Any]:
    found: dict[DrawingOption, Any] = {}
    for name, option in _NUMBERS.items():
        if (value := number(said, name, "image")) is not None:
            found.setdefault(option, round(value) if option in _WHOLE else value)
    for name, option in _TEXTS.items():
        value = text(said, name, "image")
        if value and value.lower() != _NO_STYLE:
            found.setdefault(option, value)
    for name, option in _FLAGS.items():
        if said.get(name) is not None:
            found.setdefault(option, flag(said, name))
    return found
