"""A server that speaks streamable HTTP: the SDK's transport, over connections that are watched.

What goes wrong below the protocol would end the SDK's whole session, and with it the calls of
everybody else; here it becomes an answer to the one request that it befell.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import cast

import httpx2
from mcp.client._transport import TransportStreams
from mcp.client.streamable_http import streamable_http_client

from adapters.mcp import errors
from adapters.mcp.entry import Address
from adapters.mcp.limits import Flood, Gauge

_CONNECT_S = 10
_MARGIN_S = 5
"""After the time of a call, for its answer that nobody waits for."""
_LISTENING = "subscriptions/listen"


class _Counted(httpx2.AsyncByteStream):
    """A body that ends when it grows beyond what is taken, or takes longer than is waited for."""

    def __init__(self, answer: httpx2.Response, limit_s: float | None, gauge: Gauge) -> None:
        self._body = cast("httpx2.AsyncByteStream", answer.stream)
        self._is_events = _has_type(answer, "text/event-stream")
        self._limit_s = limit_s
        self._gauge = gauge
        self._message_bytes = 0

    async def __aiter__(self) -> AsyncGenerator[bytes, None]:
        chunks = aiter(self._body)
        until = None
        if self._limit_s is not None:
            until = asyncio.get_running_loop().time() + self._limit_s
        while True:
            try:
                async with asyncio.timeout_at(until):
                    chunk = await anext(chunks)
                self._count(chunk)
            except StopAsyncIteration:
                return
            except (httpx2.TransportError, TimeoutError, Flood) as failure:
                # The one kind of error of a body that the SDK takes for one of its request.
                raise httpx2.StreamError(type(failure).__name__) from failure
            yield chunk

    def _count(self, chunk: bytes) -> None:
        """Count a chunk of one message, or of events that are one each."""
        ends, events = -1, 0
        if self._is_events:
            ends = max(chunk.rfind(b"\n\n"), chunk.rfind(b"\r\n\r\n"))
            events = chunk.count(b"data:")
        self._gauge.took(len(chunk), events)
        self._message_bytes = len(chunk) - ends if ends >= 0 else self._message_bytes + len(chunk)
        if self._message_bytes > self._gauge.flow.message_bytes:
            self._gauge.floods()

    async def aclose(self) -> None:
        """Let go of the connection."""
        await self._body.aclose()


class Watched(httpx2.AsyncBaseTransport):
    """Connections to one server; whatever happens, each request is answered within its time."""

    def __init__(
        self, connections: httpx2.AsyncBaseTransport, gauge: Gauge, limit_s: float
    ) -> None:
        """Take the connections.

        Args:
            connections: what carries the requests.
            gauge: measures what comes back.
            limit_s: how long a request may take, all in all.
        """
        self._connections = connections
        self._gauge = gauge
        self._limit_s = limit_s

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Return the answer, or one of our own that says what is wrong."""
        listens = request.method == "GET" or request.headers.get("mcp-method") == _LISTENING
        limit_s = None if listens else self._limit_s
        try:
            async with asyncio.timeout(limit_s):
                answer = await self._connections.handle_async_request(request)
        except TimeoutError:
            return _own(errors.SILENT, "no answer in time")
        except httpx2.TimeoutException as failure:
            return _own(errors.UNREACHABLE, type(failure).__name__)
        except httpx2.TransportError as failure:
            return _own(errors.UNREACHABLE, str(failure) or type(failure).__name__)
        refused = _refusal(answer)
        if refused is not None:
            await answer.aclose()
            return refused
        answer.stream = _Counted(answer, limit_s, self._gauge)
        return answer

    async def aclose(self) -> None:
        """Close every connection."""
        await self._connections.aclose()


def _refusal(answer: httpx2.Response) -> httpx2.Response | None:
    """Return an answer in place of one that the SDK would make too little, or too much, of."""
    status = answer.status_code
    if answer.headers.get("content-encoding", "identity") != "identity":
        # It was not asked for, and what it grows to cannot be told beforehand.
        return _own(errors.GARBLED, "an encoded answer")
    if status in (401, 403):
        return _own(errors.UNAUTHORIZED, str(status))
    if status == 429 or (status >= 500 and not _has_type(answer, "application/json")):
        return _own(errors.FAILING, str(status))
    return None


def _has_type(answer: httpx2.Response, media_type: str) -> bool:
    return answer.headers.get("content-type", "").lower().startswith(media_type)


def _own(code: int, said: str) -> httpx2.Response:
    body = {"jsonrpc": "2.0", "id": 0, "error": {"code": code, "message": said}}
    headers = {"content-type": "application/json"}
    return httpx2.Response(503, headers=headers, content=json.dumps(body).encode())


@asynccontextmanager
async def conversation(
    address: Address, gauge: Gauge, limit_s: float, made: Callable[[], httpx2.AsyncBaseTransport]
) -> AsyncGenerator[TransportStreams, None]:
    """Open a conversation with the server; leaving the block ends the session there.

    Args:
        address: where it is, and what it is told with every request.
        gauge: measures what comes back.
        limit_s: how long a call may take.
        made: makes the connections.
    """
    # Reading the certificates of the system takes its time.
    connections = await asyncio.to_thread(made)
    client = httpx2.AsyncClient(
        transport=Watched(connections, gauge, limit_s + _MARGIN_S),
        headers={**address.headers, "accept-encoding": "identity"},
        timeout=httpx2.Timeout(_CONNECT_S, read=None),
        # A proxy, or a password, that the environment names for somebody else.
        trust_env=False,
    )
    async with (
        client,
        streamable_http_client(address.url, http_client=client, max_sse_event_size=None) as streams,
    ):
        yield streams


def connections() -> httpx2.AsyncBaseTransport:
    """Return connections as they are in earnest."""
    return httpx2.AsyncHTTPTransport(trust_env=False)
