"""OpenAI's models that draw."""

from adapters.openai.image_request import EDITS, GENERATIONS, edit, generation
from adapters.openai.media_catalog import PROVIDER
from adapters.openai.media_rest import media_rest
from adapters.transport.image_answers import images_of, read_images
from adapters.transport.patience import Patience
from adapters.transport.pictures import WITHIN_S
from adapters.transport.rest import Call
from application.ports.downloads import Downloads
from application.ports.media_makers import ImageMaker
from domain.media import ImageOrder, ImagesMade


class OpenAIImageMaker(ImageMaker):
    """Nothing is imported or opened before the first order."""

    def __init__(
        self, api_key: str | None, base_url: str, patience: Patience, downloads: Downloads
    ) -> None:
        self._rest = media_rest(api_key, base_url, patience)
        self._downloads = downloads

    async def make(self, order: ImageOrder) -> ImagesMade:
        if order.inputs:
            call = Call(EDITS, parts=edit(order))
        else:
            call = Call(GENERATIONS, json=generation(order))
        answer = await self._rest.whole(call, WITHIN_S)
        return await images_of(PROVIDER, read_images(PROVIDER, answer.content), self._downloads)

    async def aclose(self) -> None:
        """Close every connection; for the end of the process."""
        await self._rest.aclose()
