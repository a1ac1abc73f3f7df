"""HEAD, which monitors and download tools ask with: the head of what GET would answer."""

from collections.abc import MutableMapping
from typing import Any, cast

from litestar.types import ASGIApp, Message, Receive, Scope, Send


class HeadRequests:
    """Wraps the application, whose routes know GET alone (RFC 9110, section 9.3.2)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection; whatever is no HEAD passes through."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        async def send_head(message: Message) -> None:
            if message["type"] == "http.response.start":
                await send(message)
                # At once: a stream of events would go on, and nobody reads it.
                await send({"type": "http.response.body", "body": b"", "more_body": False})

        as_get = cast("MutableMapping[str, Any]", scope) | {"method": "GET"}
        await self._app(cast("Scope", as_get), receive, send_head)
