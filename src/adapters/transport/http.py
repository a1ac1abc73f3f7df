"""HTTP for the SDKs: aiohttp's connections under the interface that they expect.

The SDKs' own aiohttp client puts five generators between a connection and its reader, all passed
for every token. Here a reader gets aiohttp's stream itself. Imported with the first SDK, never at
start-up.
"""

import urllib.request
from collections.abc import AsyncGenerator
from io import BytesIO
from types import SimpleNamespace
from typing import cast

import aiohttp
import httpx2

from adapters.transport.streaming import BODY, MOST_BYTES

_NOT_READ = frozenset({"content-encoding", "content-length", "transfer-encoding"})
"""Headers that speak of the body before aiohttp unpacked it."""


_LARGE = 1024 * 1024
_MOST_OF_A_REFUSAL = 1024 * 1024
"""Its status and first words say all that matters."""


class Body(httpx2.AsyncByteStream):
    """The body of one answer as it comes in, content encoding removed."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self._answer = answer
        self.read = answer.content.readany

    async def __aiter__(self) -> AsyncGenerator[bytes, None]:
        """Yield the body for whoever holds it as a whole, cut off where nobody could.

        The SDKs read every refusal so, whatever its size.
        """
        left = MOST_BYTES if self._answer.status < 300 else _MOST_OF_A_REFUSAL
        while left > 0 and (chunk := await self.read()):
            yield chunk
            left -= len(chunk)

    async def aclose(self) -> None:
        """Give the connection back if the body was read to its end, else close it."""
        self._answer.release()
        await self._answer.wait_for_close()

    def close(self) -> None:
        """Break the connection; a read that waits raises."""
        self._answer.close()


class Connections(httpx2.AsyncBaseTransport):
    """Connections to any host, kept open between questions.

    What goes wrong is raised as aiohttp has it, which says more than httpx's own errors do.
    """

    def __init__(self, most: int, kept_alive_s: float, *, asks_again: bool = False) -> None:
        """Remember the limits; nothing is opened yet.

        Args:
            most: how many connections there may be at once.
            kept_alive_s: how long an idle one is kept.
            asks_again: whether a request may be sent again when a connection that had idled ends
                without a word. Mostly it was closed before the request came; it need not have been.
        """
        self._most = most
        self._kept_alive_s = kept_alive_s
        self._asks_again = asks_again
        # The authorities that httpx brings along: a bare machine has none of its own.
        self._ssl = httpx2.create_ssl_context()
        self._session: aiohttp.ClientSession | None = None

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request and return its answer, whose body is still to be read."""
        request.headers["accept-encoding"] = "gzip, deflate"  # aiohttp unpacks these anywhere.
        answer = await self._asked(request)
        while answer is None:  # Each time one idle connection fewer, so in the end on a fresh one.
            answer = await self._asked(request)
        body = Body(answer)
        return httpx2.Response(
            answer.status,
            headers=[
                (name, value)
                for name, value in answer.raw_headers
                if name.decode("latin-1").lower() not in _NOT_READ
            ],
            stream=body,
            request=request,
            extensions={"http_version": b"HTTP/1.1", BODY: body},
        )

    async def aclose(self) -> None:
        """Close every connection; answers still being read break off."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _asked(self, request: httpx2.Request) -> aiohttp.ClientResponse | None:
        """Send a request; nothing comes back where it ought to be sent again at once."""
        limits = request.extensions.get("timeout", {})
        content = _content(request)
        way = _Way()
        try:
            return await self._connected().request(
                request.method,
                str(request.url),
                headers=request.headers,
                data=content,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(
                    connect=limits.get("pool"),
                    sock_connect=limits.get("connect"),
                    sock_read=limits.get("read"),
                ),
                trace_request_ctx=way,
            )
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError) as failure:
            whole = isinstance(content, bytes | BytesIO | None)
            if way.reused and whole and _said_nothing(failure):
                return None
            raise

    def _connected(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=self._most,
                    keepalive_timeout=self._kept_alive_s,
                    ssl=self._ssl,
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                # Looking for a proxy takes longer than the rest of a request; mostly there is none.
                trust_env=bool(urllib.request.getproxies()),
                trace_configs=[_reuse_noted()] if self._asks_again else None,
            )
        return self._session


class _Way:
    """How a request went to its server."""

    reused = False
    """Over a connection that had served another request, and may have been closed since."""


def _reuse_noted() -> aiohttp.TraceConfig:
    async def note(_session: aiohttp.ClientSession, context: SimpleNamespace, _: object) -> None:
        context.trace_request_ctx.reused = True

    tracing = aiohttp.TraceConfig()
    tracing.on_connection_reuseconn.append(note)
    return tracing


def _said_nothing(failure: aiohttp.ClientError) -> bool:
    """Return whether a connection that was made has ended before any byte of the answer."""
    if isinstance(failure, aiohttp.ServerDisconnectedError):
        return isinstance(failure.message, str)  # Otherwise it is what came of the headers.
    return not isinstance(failure, aiohttp.ClientConnectorError)


def _content(request: httpx2.Request) -> bytes | BytesIO | httpx2.AsyncByteStream | None:
    try:
        content = request.content
        # More plain bytes than this aiohttp would write in one go, with a warning.
        return BytesIO(content) if len(content) > _LARGE else content or None
    except httpx2.RequestNotRead:  # A file on its way; aiohttp frames it itself.
        request.headers.pop("transfer-encoding", None)
        return cast("httpx2.AsyncByteStream", request.stream)
