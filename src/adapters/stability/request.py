"""Image order → Stability AI's form (contract: media §2.2)."""

from adapters.transport.rest import Field
from domain.catalog.media_cards import DrawingOption
from domain.media import ImageOrder

_NAMES = {
    DrawingOption.NEGATIVE_PROMPT: "negative_prompt",
    DrawingOption.SEED: "seed",
    DrawingOption.CFG_SCALE: "cfg_scale",
    DrawingOption.STYLE_PRESET: "style_preset",
}
_STRENGTH = 0.65
"""How much the words count beside a picture, where nobody says: 0 leaves it as it is."""


def path_of(order: ImageOrder) -> str:
    """Return where the model is asked."""
    return f"/v2beta/stable-image/generate/{order.card.way}"


def form_of(order: ImageOrder) -> list[Field]:
    """Return the form; with a picture, its shape is that of the picture."""
    words: dict[str, object] = {
        "prompt": order.prompt,
        "output_format": "png",
        **order.card.wire,
        **{name: order.options[key] for key, name in _NAMES.items() if key in order.options},
    }
    files: list[Field] = []
    if order.inputs:
        [given] = order.inputs
        files.append(("image", ("input.png", given.content, given.mime_type)))
        words["strength"] = order.options.get(DrawingOption.PROMPT_STRENGTH, _STRENGTH)
        if order.card.way == "sd3":
            words["mode"] = "image-to-image"
    else:
        words["aspect_ratio"] = order.ratio
    return [*files, *((key, (None, str(value), None)) for key, value in words.items())]
