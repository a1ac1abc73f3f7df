"""Image order → OpenAI's images interface (contract: media §2.2)."""

from typing import Any

from adapters.transport.rest import Field
from domain.catalog.media_cards import DrawingOption
from domain.media import ImageOrder

GENERATIONS = "/images/generations"
EDITS = "/images/edits"
LITERALLY = (
    "Use the following prompt exactly as it is written: add nothing to it and change nothing in"
    " it. Prompt: "
)


def generation(order: ImageOrder) -> dict[str, Any]:
    """Return the body that asks for pictures from words alone."""
    return {**_common(order), **order.card.wire}


def edit(order: ImageOrder) -> list[Field]:
    """Return the form that asks for pictures from pictures; the first is the one to be changed."""
    name = "image" if len(order.inputs) == 1 else "image[]"
    files: list[Field] = [
        (name, ("input.png", picture.content, picture.mime_type)) for picture in order.inputs
    ]
    words = {**_common(order), **order.card.wire}
    return [*files, *((key, (None, str(value), None)) for key, value in words.items())]


def _common(order: ImageOrder) -> dict[str, Any]:
    width, height = order.size
    said: dict[str, Any] = {
        "model": order.card.model,
        "prompt": _prompt(order),
        "size": f"{width}x{height}",
        "n": order.count,
    }
    return said | ({"quality": order.quality} if order.quality else {})


def _prompt(order: ImageOrder) -> str:
    return LITERALLY + order.prompt if order.options.get(DrawingOption.LITERAL) else order.prompt
