"""xAI's models that draw: OpenAI's interface, without sizes."""

from collections.abc import Mapping
from typing import Any

from adapters.transport.image_answers import images_of, read_images
from adapters.transport.moderation import refused
from adapters.transport.patience import Patience
from adapters.transport.pictures import WITHIN_S, as_data_url
from adapters.transport.rest import Call, Rest, bearer
from adapters.xai.catalog import PROVIDER
from application.ports.downloads import Downloads
from application.ports.media_makers import ImageMaker
from domain.media import ImageOrder, ImagesMade
from domain.provider_errors import ProviderError

BASE_URL = "https://api.x.ai/v1"
_KEY_VARIABLE = "XAI_API_KEY"


class XaiImageMaker(ImageMaker):
    """Nothing is imported or opened before the first order."""

    def __init__(
        self, api_key: str | None, base_url: str, patience: Patience, downloads: Downloads
    ) -> None:
        place = base_url or BASE_URL
        self._rest = Rest(PROVIDER, place, api_key, _KEY_VARIABLE, patience, bearer, _refused)
        self._downloads = downloads

    async def make(self, order: ImageOrder) -> ImagesMade:
        path = "/images/edits" if order.inputs else "/images/generations"
        answer = await self._rest.whole(Call(path, json=body_of(order)), WITHIN_S)
        return await images_of(PROVIDER, read_images(PROVIDER, answer.content), self._downloads)

    async def aclose(self) -> None:
        """Close every connection; for the end of the process."""
        await self._rest.aclose()


def body_of(order: ImageOrder) -> dict[str, Any]:
    """Return the body of a request."""
    body: dict[str, Any] = {
        "model": order.card.model,
        "prompt": order.prompt,
        "n": order.count,
        **order.card.wire,
    }
    if order.ratio:
        body["aspect_ratio"] = order.ratio
    if order.inputs:
        body["image"] = {"url": as_data_url(order.inputs[0]), "type": "image_url"}
    return body


def _refused(status: int, body: bytes, headers: Mapping[str, str]) -> ProviderError:
    return refused(PROVIDER, status, body, headers)
