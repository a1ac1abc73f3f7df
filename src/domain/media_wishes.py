"""What a user asks to be drawn or filmed, before any model has a say in it."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from domain.catalog.media_cards import DrawingOption, FilmingOption, ImageCard, VideoCard
from domain.catalog.shapes import Size
from domain.errors import InvalidRequest, ModelCannot
from domain.media import MOST_PICTURES, ImageOrder, Picture, Reference, VideoOrder
from domain.media_errors import OperationUnsupported


class ImageWish(Struct, frozen=True, kw_only=True):
    """A picture as a user puts it."""

    prompt: str
    model: str = ""
    size: Size = (1024, 1024)
    quality: str = "medium"
    count: int = 1
    inputs: tuple[str, ...] = ()
    """Addresses of the pictures that it is to be made from."""
    options: Mapping[DrawingOption, Any] = {}


def image_order(
    card: ImageCard, wish: ImageWish, inputs: tuple[Picture, ...], able: tuple[str, ...] = ()
) -> ImageOrder:
    """Return what the model is to draw, in words and shapes that it knows.

    Options that the model does not have are left out: clients send them all, whatever the model.

    Args:
        card: the model.
        wish: what was asked for.
        inputs: the pictures behind its addresses.
        able: models that draw from pictures, for the error.

    Raises:
        InvalidRequest: the prompt is blank, or a number makes no sense.
        ModelCannot: the model draws from fewer pictures than these.
    """
    prompt = wish.prompt.strip()
    if not prompt:
        raise InvalidRequest("Prompt cannot be empty", "prompt")
    if min(wish.size) <= 0:
        raise InvalidRequest("width and height must be more than 0", "image.size")
    if not 1 <= wish.count <= MOST_PICTURES:
        text = f"number_of_images must be from 1 to {MOST_PICTURES}"
        raise InvalidRequest(text, "image.number_of_images")
    if len(inputs) > card.inputs:
        few = (
            f"draw from more than {card.inputs} pictures" if card.inputs else "draw from a picture"
        )
        raise ModelCannot(card.id, few, able)
    return ImageOrder(
        card=card,
        prompt=prompt,
        size=card.size_for(wish.size),
        ratio=card.ratio_for(wish.size),
        quality=card.quality_for(wish.quality),
        count=min(wish.count, card.at_once),
        inputs=inputs,
        options={key: value for key, value in wish.options.items() if key in card.options},
    )


class VideoWish(Struct, frozen=True, kw_only=True):
    """A clip as a user puts it; empty words leave a choice to the model."""

    prompt: str = ""
    model: str = ""
    seconds: float = 5
    ratio: str = ""
    size: str = ""
    """`1280x720`, for models that are told pixels."""
    resolution: str = ""
    count: int = 1
    image: str | None = None
    """Address of the first frame …"""
    last_frame: str | None = None
    """… and of the last."""
    references: tuple[tuple[str, str], ...] = ()
    """Addresses and kinds of pictures of what is to appear."""
    extends: str | None = None
    """The provider's own id of a clip that is to go on."""
    options: Mapping[FilmingOption, Any] = {}
    poll_s: float | None = None
    """How long to leave the provider alone between two looks …"""
    longest_s: float | None = None
    """… and how long to wait for it at most, where the model's own times will not do."""
    given: Mapping[str, Any] = {}
    """Every setting that has a value, by the client's names for them, to be shown again."""


class Frames(Struct, frozen=True):
    """The pictures behind a wish's addresses."""

    first: Picture | None = None
    last: Picture | None = None
    references: tuple[Reference, ...] = ()


def video_order(card: VideoCard, wish: VideoWish, frames: Frames) -> VideoOrder:
    """Return what the model is to film, in lengths and shapes that it knows.

    Raises:
        InvalidRequest: something in the wish makes no sense to this model.
        OperationUnsupported: it cannot go on from a clip.
    """
    prompt = wish.prompt.strip()
    if not prompt:
        raise InvalidRequest("Prompt cannot be empty", "prompt")
    if wish.extends is not None and not card.extends:
        raise OperationUnsupported(card.provider, "extending videos")
    for name in card.refuses:
        if name in wish.given:
            raise InvalidRequest(f"{name} is not supported by {card.id}", f"video.{name}")
    image = frames.first
    if image is None and card.begins_with_reference and frames.references:
        image = frames.references[0].picture
    ratio = _ratio(card, wish, from_image=image is not None)
    resolution, size = _pixels(card, wish, ratio)
    return VideoOrder(
        card=card,
        prompt=prompt,
        seconds=card.seconds_for(wish.seconds),
        ratio=ratio,
        resolution=resolution,
        size=size,
        clips=1 if image else min(max(wish.count, 1), card.at_once),
        image=image,
        last_frame=frames.last,
        references=frames.references,
        extends=wish.extends,
        options={key: value for key, value in wish.options.items() if key in card.options},
    )


def _ratio(card: VideoCard, wish: VideoWish, *, from_image: bool) -> str:
    wanted = wish.ratio.strip()
    if wanted in card.ratios:
        return wanted
    if wanted and card.refuses_other_ratios:
        text = f"aspect_ratio must be one of {', '.join(card.ratios)}"
        raise InvalidRequest(text, "video.aspect_ratio")
    return card.ratio_from_image if from_image else card.ratio_from_words


def _pixels(card: VideoCard, wish: VideoWish, ratio: str) -> tuple[str, Size | None]:
    """Return the resolution as the model knows it, and the pixels where it is told those."""
    wanted = wish.resolution.strip().lower()
    if not card.sizes:
        return (wanted if wanted in card.resolutions else ""), None
    named = {f"{width}x{height}": (width, height) for width, height in card.sizes.values()}
    for said in (wish.size.strip().lower(), wanted):
        if said in named:
            return said, named[said]
    usual = next(iter(card.sizes)).split()[0]
    size = card.sizes.get(f"{wanted} {ratio}") or card.sizes[f"{usual} {ratio}"]
    return f"{size[0]}x{size[1]}", size
