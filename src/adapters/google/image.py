"""Google's models that draw: Gemini's among its answers, Imagen's as predictions."""

from urllib.parse import quote

from adapters.google.image_wire import content_body, predict_body, read_content, read_predictions
from adapters.google.media_catalog import PREDICTS
from adapters.google.media_rest import VERSION, media_rest
from adapters.transport.aside import aside
from adapters.transport.patience import Patience
from adapters.transport.pictures import WITHIN_S
from adapters.transport.rest import Call
from application.ports.media_makers import ImageMaker
from domain.media import ImageOrder, ImagesMade


class GoogleImageMaker(ImageMaker):
    """Nothing is imported or opened before the first order."""

    def __init__(self, api_key: str | None, base_url: str, patience: Patience) -> None:
        self._rest = media_rest(api_key, base_url, patience)

    async def make(self, order: ImageOrder) -> ImagesMade:
        place = f"/{VERSION}/models/{quote(order.card.model, safe='')}"
        if order.card.way == PREDICTS:
            call = Call(f"{place}:predict", json=predict_body(order))
            drawn = (await self._rest.whole(call, WITHIN_S)).content
            return await aside(len(drawn), read_predictions, drawn)
        call = Call(f"{place}:generateContent", json=content_body(order))
        said = (await self._rest.whole(call, WITHIN_S)).content
        return await aside(len(said), read_content, said)

    async def aclose(self) -> None:
        """Close every connection; for the end of the process."""
        await self._rest.aclose()
