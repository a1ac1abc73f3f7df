"""A response whose body is written while somebody else makes it."""

from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any, cast

from litestar import Response
from litestar.response.base import ASGIResponse
from litestar.types import Receive, Send

from application.flow.alongside import alongside
from application.ports.clock import Clock
from entrypoints.web.presence import ClientGone, while_there

PING_S = 15.0
PING = b": ping\n\n"
"""A comment: proxies see traffic, readers see nothing."""
_HEADERS = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}

Write = Callable[[bytes], Awaitable[None]]
Source = Callable[[Write], Coroutine[Any, Any, None]]
"""Writes the body piece by piece; each `write` returns when the transport has taken its bytes."""


class Live(Response[Any]):
    """Sends the headers at once and the body as `source` writes it."""

    def __init__(
        self,
        source: Source,
        clock: Clock,
        *,
        media_type: str = "text/event-stream",
        headers: Mapping[str, str] | None = None,
        on_leave: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """Take what writes the body.

        Args:
            source: cancelled when the client leaves.
            clock: for the pings of event streams.
            media_type: of the body.
            headers: more of them.
            on_leave: awaited after the client has left before the end.
        """
        super().__init__(None, media_type=media_type, headers={**_HEADERS, **(headers or {})})
        self._source = source
        self._clock = clock
        self._on_leave = on_leave

    def to_asgi_response(self, *_: Any, **kwargs: Any) -> ASGIResponse:
        """Return the response proper; what the route adds (headers) is kept."""
        own = cast("dict[str, str]", self.headers)
        headers: dict[str, str] = {**(kwargs.get("headers") or {}), **own}
        return _LiveBody(
            self._source,
            self._clock,
            self._on_leave,
            headers=headers,
            media_type=self.media_type,
            status_code=self.status_code or kwargs.get("status_code"),
        )


class _LiveBody(ASGIResponse):
    _should_set_content_length = False

    def __init__(
        self,
        source: Source,
        clock: Clock,
        on_leave: Callable[[], Awaitable[None]] | None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._source = source
        self._clock = clock
        self._on_leave = on_leave
        self._pings = kwargs["media_type"] == "text/event-stream"

    async def send_body(self, send: Send, receive: Receive) -> None:
        async def write(piece: bytes) -> None:
            await send({"type": "http.response.body", "body": piece, "more_body": True})

        try:
            async with alongside(self._ping(write)):
                await while_there(receive, self._source(write))
        except (ClientGone, OSError):
            if self._on_leave is not None:
                await self._on_leave()
        else:
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _ping(self, write: Write) -> None:
        while self._pings:
            await self._clock.sleep(PING_S)
            await write(PING)
