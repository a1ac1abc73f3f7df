"""Pictures, by whoever draws here."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_args

from msgspec import Meta, Struct

from application.agent.tool import Tool, ToolContext
from application.files.links import FileLinks
from application.media.draw_pictures import DrawPictures
from application.ports.clock import Clock
from domain.media_wishes import ImageWish
from domain.tools import ToolSpec, parameters_of
from domain.turn.events import PictureMade

ImageModel = Literal["flux", "flux-max", "openai", "gemini", "gemini-pro", "demo"]
DEFAULT_MODEL = "flux"
_Side = Annotated[int, Meta(ge=64, le=4096)]


class GenerateImageArguments(Struct, frozen=True):
    """What to draw, how large, and who shall."""

    prompt: Annotated[str, Meta(pattern=r"\S", max_length=8000)]
    model: (
        Annotated[
            ImageModel,
            Meta(description="Leave it out unless the user names one; demo draws only words."),
        ]
        | None
    ) = None
    width: _Side = 1024
    height: _Side = 1024
    quality: Literal["low", "medium", "high"] = "medium"


class GenerateImage(Tool):
    """The picture goes to the client at once, and is kept with the answer."""

    spec = ToolSpec(
        "generate_image",
        "Draw a picture. The user sees it at once; do not repeat its address.",
        parameters_of(GenerateImageArguments),
    )
    takes = GenerateImageArguments

    def __init__(self, draw: DrawPictures, links: FileLinks, clock: Clock) -> None:
        self._draw = draw
        self._links = links
        self._clock = clock

    async def __call__(
        self, arguments: GenerateImageArguments, context: ToolContext
    ) -> Mapping[str, Any]:
        """Return where the picture is, and who drew it.

        Raises:
            ParleyError: as `DrawPictures`.
        """
        began = self._clock.now()
        size = (arguments.width, arguments.height)
        kept = await self._draw(
            context.user,
            ImageWish(
                prompt=arguments.prompt,
                model=arguments.model or _of_the_user(context),
                size=size,
                quality=arguments.quality,
            ),
        )
        card, (width, height) = kept.order.card, kept.order.size
        settings = {
            "width": width,
            "height": height,
            "quality": kept.order.quality or arguments.quality,
            "prompt": arguments.prompt,
        }
        request = {"prompt": arguments.prompt, "input_image_url": None, "image_mode": "default"}
        took_s = round((self._clock.now() - began).total_seconds(), 1)
        address = kept.addresses[0]
        context.tell(PictureMade(address, card.model, settings, request, took_s))
        return {
            "image_url": self._links.renewed(address, context.user),
            "model": card.model,
            "provider": card.provider,
            "settings": settings,
        }


def _of_the_user(context: ToolContext) -> str:
    """Return the model that the user's settings name, where models may name it too."""
    named = context.settings.image_model
    return named if named and named in get_args(ImageModel) else DEFAULT_MODEL
