"""Our connections under the interface of httpx, which the SDKs expect, and which knows forms.

The SDKs' own aiohttp client puts five generators between a connection and its reader, all passed
for every piece of sound. Here a reader gets aiohttp's stream itself. Imported with the first
provider that is asked, never at start-up.
"""

from collections.abc import AsyncGenerator
from typing import cast

import httpx2

from adapters.transport.connections import MOST_OF_A_REFUSAL, Connections, Reply
from adapters.transport.streaming import BODY, MOST_BYTES

_NOT_READ = frozenset({"content-encoding", "content-length", "transfer-encoding"})
"""Headers that speak of the body before aiohttp unpacked it."""


class HttpxTransport(httpx2.AsyncBaseTransport):
    """Sends requests over our connections, and hands aiohttp's own stream to who reads answers."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request and return its answer, whose body is still to be read."""
        request.headers.pop("accept-encoding", None)  # What httpx could unpack, but does not.
        reply = await self._connections.ask(
            request.method, str(request.url), request.headers, _content(request)
        )
        return httpx2.Response(
            reply.status,
            headers=[each for each in reply.headers.items() if each[0].lower() not in _NOT_READ],
            stream=_Stream(reply, MOST_BYTES if reply.status < 300 else MOST_OF_A_REFUSAL),
            request=request,
            extensions={"http_version": b"HTTP/1.1", BODY: reply},
        )

    async def aclose(self) -> None:
        """Close every connection; answers still being read break off."""
        await self._connections.close()


class _Stream(httpx2.AsyncByteStream):
    """A body for whoever holds it as a whole, cut off where nobody could.

    The SDKs read every refusal so, whatever its size.
    """

    def __init__(self, reply: Reply, most: int) -> None:
        self._reply = reply
        self._most = most

    async def __aiter__(self) -> AsyncGenerator[bytes, None]:
        left = self._most
        while left > 0 and (chunk := await self._reply.read()):
            yield chunk
            left -= len(chunk)

    async def aclose(self) -> None:
        await self._reply.aclose()


def _content(request: httpx2.Request) -> bytes | httpx2.AsyncByteStream | None:
    try:
        return request.content or None
    except httpx2.RequestNotRead:  # A file on its way; aiohttp frames it itself.
        request.headers.pop("transfer-encoding", None)
        return cast("httpx2.AsyncByteStream", request.stream)
