"""OpenAI's models that film."""

import asyncio
from collections.abc import AsyncGenerator

from adapters.openai.media_catalog import PROVIDER
from adapters.openai.media_rest import media_rest
from adapters.openai.video_wire import fitted, form_of, read_job, read_ticket
from adapters.transport.clips import streamed
from adapters.transport.patience import Patience
from adapters.transport.pictures import WITHIN_S
from adapters.transport.rest import Call
from application.ports.media_makers import VideoMaker
from domain.media import VideoLook, VideoOrder, VideoReady, VideoTicket
from domain.provider_errors import ModelNotOffered, ResultLost

LOOK_S = 30.0
_VIDEOS = "/videos"


class OpenAIVideoMaker(VideoMaker):
    """Nothing is imported or opened before the first order."""

    def __init__(self, api_key: str | None, base_url: str, patience: Patience) -> None:
        self._rest = media_rest(api_key, base_url, patience)

    async def begin(self, order: VideoOrder) -> VideoTicket:
        reference = None
        if order.image is not None and order.size is not None:
            self._rest.key_headers()  # Without a key that work would be for nothing.
            reference = await asyncio.to_thread(fitted, order.image, order.size)
        call = Call(_VIDEOS, parts=form_of(order, reference))
        return read_ticket((await self._rest.whole(call, WITHIN_S)).content)

    async def look(self, ticket: VideoTicket) -> VideoLook:
        try:
            answer = await self._rest.whole(Call(f"{_VIDEOS}/{ticket.id}", "GET"), LOOK_S)
        except ModelNotOffered as error:
            raise ResultLost(PROVIDER, f"{PROVIDER} does not know the video any more") from error
        return read_job(answer.content)

    def fetch(
        self, ticket: VideoTicket, ready: VideoReady, number: int
    ) -> AsyncGenerator[bytes, None]:
        path = f"{_VIDEOS}/{ready.places[number]}/content?variant=video"
        return streamed(self._rest, Call(path, "GET"))

    async def cancel(self, ticket: VideoTicket) -> None:
        try:
            await self._rest.whole(Call(f"{_VIDEOS}/{ticket.id}", "DELETE"), LOOK_S)
        except ModelNotOffered:
            return  # It is gone already.

    async def aclose(self) -> None:
        """Close every connection; for the end of the process."""
        await self._rest.aclose()
