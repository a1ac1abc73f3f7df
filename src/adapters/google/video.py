"""Google's models that film: an operation each, and a file that the key opens."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from urllib.parse import quote

from adapters.google.media_catalog import PROVIDER
from adapters.google.media_rest import VERSION, media_rest
from adapters.google.video_wire import body_of, path_of, read_operation, read_ticket
from adapters.transport.clips import streamed, streamed_from
from adapters.transport.patience import Patience
from adapters.transport.pictures import WITHIN_S
from adapters.transport.rest import Call
from application.ports.downloads import Downloads
from application.ports.media_makers import VideoMaker
from domain.media import VideoLook, VideoOrder, VideoReady, VideoTicket
from domain.provider_errors import ModelNotOffered, ResultLost

LOOK_S = 30.0
_MOVED = (301, 302, 303, 307, 308)


class GoogleVideoMaker(VideoMaker):
    """Nothing is imported or opened before the first order."""

    def __init__(
        self, api_key: str | None, base_url: str, patience: Patience, downloads: Downloads
    ) -> None:
        self._rest = media_rest(api_key, base_url, patience)
        self._downloads = downloads

    async def begin(self, order: VideoOrder) -> VideoTicket:
        model = quote(order.card.model, safe="")
        call = Call(f"/{VERSION}/models/{model}:predictLongRunning", json=body_of(order))
        return read_ticket((await self._rest.whole(call, WITHIN_S)).content)

    async def look(self, ticket: VideoTicket) -> VideoLook:
        call = Call(f"/{VERSION}/{quote(ticket.id)}", "GET")
        try:
            answer = await self._rest.whole(call, LOOK_S)
        except ModelNotOffered as error:
            raise ResultLost(PROVIDER, f"{PROVIDER} does not know the video any more") from error
        return read_operation(answer.content)

    async def fetch(
        self, ticket: VideoTicket, ready: VideoReady, number: int
    ) -> AsyncGenerator[bytes, None]:
        place = ready.places[number]
        path = path_of(place)
        if path is not None:
            place, path = await self._found(path)
        if path is not None:
            pieces = streamed(self._rest, Call(path, "GET"))
        else:
            pieces = streamed_from(PROVIDER, self._downloads, place)
        async with aclosing(pieces):
            async for piece in pieces:
                yield piece

    async def cancel(self, ticket: VideoTicket) -> None:
        """Google offers no way to stop a Veo operation; nobody looks at it any more."""

    async def aclose(self) -> None:
        """Close every connection; for the end of the process."""
        await self._rest.aclose()

    async def _found(self, path: str) -> tuple[str, str | None]:
        """Return where a file really is: a path that the key opens, or a place elsewhere."""
        await self._rest.ready()
        try:
            async with self._rest.asked(Call(path, "GET", redirects=True)) as answer:
                if answer.status not in _MOVED:
                    return "", path
                place = answer.headers.get("location", "")
                return place, path_of(place)
        except Exception as failure:
            raise self._rest.error(failure) from failure
