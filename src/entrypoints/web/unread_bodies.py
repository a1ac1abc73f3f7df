"""Answers that come before the end of what is being sent, on connections that end with them.

A file that is refused for its size is answered while the client still sends. Where the client has
said that the connection ends with this request, as proxies do, closing it at once would have the
client's system throw the answer away: it counts as broken off while there is something unread.
"""

import asyncio
from contextlib import suppress
from typing import Any

from litestar.types import ASGIApp, Message, Receive, Scope, Send

LONGEST_S = 30.0


class UnreadBodies:
    """Wraps the application; reads what nobody wanted to its end, for a while."""

    def __init__(self, app: ASGIApp, longest_s: float = LONGEST_S) -> None:
        self._app = app
        self._longest_s = longest_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection; those that go on, or are no requests, pass through."""
        if scope["type"] != "http" or not _ends(scope):
            await self._app(scope, receive, send)
            return
        more = True

        async def receive_and_note() -> Any:
            nonlocal more
            message = await receive()
            more = message["type"] == "http.request" and message["more_body"]
            return message

        async def send_and_read_on(message: Message) -> None:
            if message["type"] != "http.response.body" or message.get("more_body") or not more:
                await send(message)
                return
            await send({**message, "more_body": True})
            with suppress(TimeoutError):
                async with asyncio.timeout(self._longest_s):
                    while more:
                        await receive_and_note()
            await send({"type": "http.response.body", "body": b"", "more_body": False})

        await self._app(scope, receive_and_note, send_and_read_on)


def _ends(scope: Scope) -> bool:
    if scope["http_version"] == "1.0":
        return True
    return any(
        name == b"connection" and b"close" in value.lower() for name, value in scope["headers"]
    )
