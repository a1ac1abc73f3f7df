"""Connections to providers, kept open between questions: aiohttp's, with what they all share.

Imported with the first provider that is asked, never at start-up.
"""

import urllib.request
from collections.abc import AsyncIterable, Mapping
from io import BytesIO
from types import SimpleNamespace

import aiohttp

from adapters.transport.authorities import authorities
from adapters.transport.patience import Patience
from adapters.transport.streaming import MOST_BYTES, too_much

Content = bytes | AsyncIterable[bytes] | None

_MAX_CONNECTIONS = 1000
_KEPT_ALIVE_S = 30
"""The SDKs give idle connections five seconds; most questions would wait for a new one."""
_LARGE = 1024 * 1024
MOST_OF_A_REFUSAL = 1024 * 1024
"""Its status and first words say all that matters."""


class Reply:
    """An answer whose body is still to be read, content encoding removed; see `RawAnswer`."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self._answer = answer
        self.status = answer.status
        self.headers: Mapping[str, str] = answer.headers
        """A mapping that ignores case."""
        self.read = answer.content.readany
        self.close = answer.close

    async def refusal(self) -> bytes:
        """Return the body of an answer that is an error, cut off where nobody would read on."""
        pieces: list[bytes] = []
        left = MOST_OF_A_REFUSAL
        while left > 0 and (piece := await self.read()):
            pieces.append(piece)
            left -= len(piece)
        return b"".join(pieces)

    async def whole(self, provider: str, most: int = MOST_BYTES) -> bytes:
        """Return the body.

        Raises:
            ProviderGarbled: it has more bytes than `most`.
        """
        pieces: list[bytes] = []
        size = 0
        while piece := await self.read():
            pieces.append(piece)
            size += len(piece)
            if size > most:
                raise too_much(provider)
        return b"".join(pieces)

    async def aclose(self) -> None:
        """Give the connection back if the body was read to its end, else close it."""
        self._answer.release()
        await self._answer.wait_for_close()


class Connections:
    """Connections to any host. Redirects are never followed: the key would go along.

    What goes wrong is raised as aiohttp has it, which says more than httpx's own errors do.
    """

    def __init__(self, patience: Patience, *, asks_again: bool = False) -> None:
        """Remember the limits; nothing is opened yet.

        Args:
            patience: how long connecting may take. Who reads an answer watches over its silences.
            asks_again: whether a request may be sent again when a connection that had idled ends
                without a word. Mostly it was closed before the request came; it need not have
                been. Right for questions, which are asked again anyway when they fail before the
                first word, and wrong for orders, which could be paid for twice.
        """
        self._asks_again = asks_again
        self._timeout = aiohttp.ClientTimeout(
            connect=patience.connect_s, sock_connect=patience.connect_s
        )
        self._ssl = authorities()
        self._session: aiohttp.ClientSession | None = None

    async def ask(
        self, method: str, url: str, headers: Mapping[str, str], content: Content = None
    ) -> Reply:
        """Send a request and return its answer; whoever reads it must close it."""
        answer = await self._asked(method, url, headers, content)
        while answer is None:  # Each time one idle connection fewer, so in the end on a fresh one.
            answer = await self._asked(method, url, headers, content)
        return Reply(answer)

    async def close(self) -> None:
        """Close every connection; answers still being read break off."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _asked(
        self, method: str, url: str, headers: Mapping[str, str], content: Content
    ) -> aiohttp.ClientResponse | None:
        """Send a request; nothing comes back where it ought to be sent again at once."""
        way = _Way()
        try:
            return await self._connected().request(
                method,
                url,
                headers=headers,
                data=_framed(content),
                allow_redirects=False,
                timeout=self._timeout,
                trace_request_ctx=way,
            )
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError) as failure:
            if way.reused and isinstance(content, bytes | None) and _said_nothing(failure):
                return None
            raise

    def _connected(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=_MAX_CONNECTIONS,
                    keepalive_timeout=_KEPT_ALIVE_S,
                    ssl=self._ssl,
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                # aiohttp unpacks these anywhere; others as the libraries of a machine do.
                headers={"accept-encoding": "gzip, deflate"},
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


def _framed(content: Content) -> Content | BytesIO:
    # More plain bytes than this aiohttp would write in one go, with a warning.
    return BytesIO(content) if isinstance(content, bytes) and len(content) > _LARGE else content
