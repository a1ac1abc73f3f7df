"""KlingAI's models: tasks, and clips at addresses of its own."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from datetime import datetime, timedelta

import jwt

from adapters.kling.catalog import PROVIDER
from adapters.kling.events import read_task, read_ticket, refused
from adapters.kling.request import WAYS, request_of
from adapters.transport.clips import streamed_from
from adapters.transport.patience import Patience
from adapters.transport.pictures import WITHIN_S
from adapters.transport.rest import Call, Rest, bearer
from application.ports.clock import Clock
from application.ports.downloads import Downloads
from application.ports.media_makers import VideoMaker
from domain.errors import NotConfigured
from domain.media import VideoLook, VideoOrder, VideoReady, VideoTicket
from domain.provider_errors import ModelNotOffered, ResultLost

BASE_URL = "https://api-singapore.klingai.com"
LOOK_S = 30.0
_ACCESS, _SECRET = "KLINGAI_ACCESS_KEY", "KLINGAI_SECRET_KEY"
_LIFETIME_S = 1800
_EARLY_S = 5
_RENEWED_S = 60
"""Before its end a token is replaced."""


class KlingVideoMaker(VideoMaker):
    """Nothing is imported or opened before the first order."""

    def __init__(
        self,
        access_key: str | None,
        secret_key: str | None,
        base_url: str,
        patience: Patience,
        downloads: Downloads,
        clock: Clock,
    ) -> None:
        self._keys = (access_key, secret_key)
        place = base_url or BASE_URL
        self._rest = Rest(PROVIDER, place, access_key, _ACCESS, patience, _unsigned, refused)
        self._downloads = downloads
        self._clock = clock
        self._token = ""
        self._ends_at: datetime | None = None

    async def begin(self, order: VideoOrder) -> VideoTicket:
        way, body = request_of(order)
        call = Call(way, json=body, headers=self._signed())
        return read_ticket(way, (await self._rest.whole(call, WITHIN_S)).content)

    async def look(self, ticket: VideoTicket) -> VideoLook:
        if ticket.way not in WAYS:
            raise ResultLost(PROVIDER, f"{PROVIDER} does not know the video")
        call = Call(f"{ticket.way}/{ticket.id}", "GET", headers=self._signed())
        try:
            return read_task((await self._rest.whole(call, LOOK_S)).content)
        except ModelNotOffered as error:
            raise ResultLost(PROVIDER, f"{PROVIDER} does not know the video any more") from error

    async def fetch(
        self, ticket: VideoTicket, ready: VideoReady, number: int
    ) -> AsyncGenerator[bytes, None]:
        pieces = streamed_from(PROVIDER, self._downloads, ready.places[number])
        async with aclosing(pieces):
            async for piece in pieces:
                yield piece

    async def cancel(self, ticket: VideoTicket) -> None:
        """Kling offers no way to stop a task; nobody looks at it any more."""

    async def aclose(self) -> None:
        """Close every connection; for the end of the process."""
        await self._rest.aclose()

    def _signed(self) -> Mapping[str, str]:
        """Return the header with a token, which is made anew a minute before it ends."""
        access, secret = self._keys
        if not access:
            raise NotConfigured(_ACCESS)
        if not secret:
            raise NotConfigured(_SECRET)
        now = self._clock.now()
        if self._ends_at is None or now >= self._ends_at - timedelta(seconds=_RENEWED_S):
            self._ends_at = now + timedelta(seconds=_LIFETIME_S)
            claims = {
                "iss": access,
                "exp": int(self._ends_at.timestamp()),
                "nbf": int(now.timestamp()) - _EARLY_S,
            }
            self._token = jwt.encode(claims, secret, algorithm="HS256")
        return bearer(self._token)


def _unsigned(_: str) -> Mapping[str, str]:
    """Each request carries a token of its own; see `_signed`."""
    return {}
