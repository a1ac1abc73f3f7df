"""The one way out to addresses that users and models give."""

import asyncio
import base64
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, AsyncExitStack, aclosing, asynccontextmanager
from typing import Protocol

from msgspec import Struct
from yarl import URL

from adapters.transport.addresses import Target, TrustedHosts, is_number, is_public, read_target
from adapters.transport.aside import aside
from adapters.transport.attachments import is_inline
from adapters.transport.data_urls import read_data_url
from application.ports.downloads import MOST_BYTES, Downloaded, Downloads
from domain.errors import DownloadFailed, DownloadRefused, DownloadTooLarge
from domain.files.content_types import type_of

Lookup = Callable[[str, int], Awaitable[Sequence[str]]]
"""Host and port → IP addresses; raises `OSError` where there are none."""

_DATA = "The attached data"


class Body(Protocol):
    """The body of an answer, on its way."""

    def pieces(self, most_bytes: int) -> AsyncGenerator[bytes, None]:
        """Yield it as it comes, unpacked; raises what `Downloads.fetch` does."""
        ...

    async def whole(self, most_bytes: int) -> Downloaded:
        """Return all of it, likewise."""
        ...


_Ask = Callable[[URL, Sequence[str]], AbstractAsyncContextManager[Body | URL]]


class EgressLimits(Struct, frozen=True):
    """What following an address may take."""

    total_s: float = 30.0
    """For all of it: its turn among others, lookups, redirects and the last byte. Of what comes in
    pieces, for all up to the first of them, and for each one after it."""
    redirects: int = 3
    ports: tuple[int, ...] = (80, 443)
    at_once: int = 16


class Egress(Downloads):
    """Follows addresses to public places, and to those that the operator trusts.

    A name is looked up once a request, every address it has must be public, and the connection is
    made to one of those very addresses; a redirect starts over.
    """

    def __init__(
        self,
        trusted: Iterable[str] = (),
        limits: EgressLimits | None = None,
        lookup: Lookup | None = None,
        public: Callable[[str], bool] = is_public,
    ) -> None:
        """Make the way out.

        Args:
            trusted: `host` or `host:port`, allowed whatever their addresses and ports are.
            limits: of each download, and of all together.
            lookup: of names; the system's unless given.
            public: says of an IP address whether it may be connected to.

        Raises:
            ValueError: an entry of `trusted` has another form.
        """
        self._trusted = TrustedHosts(trusted)
        self._limits = limits or EgressLimits()
        self._lookup = lookup or _SystemLookup()
        self._public = public
        self._free = asyncio.Semaphore(self._limits.at_once)
        self._ask: _Ask | None = None

    def check(self, url: str) -> bool:
        return not is_inline(url) and not self._target(url).trusted

    async def fetch(self, url: str, most_bytes: int = MOST_BYTES) -> Downloaded:
        if is_inline(url):
            return await aside(len(url), unpacked, url, most_bytes)
        target = self._target(url)
        async with self._within_time(target), self._free, self._opened(target) as body:
            return await body.whole(most_bytes)

    async def stream(self, url: str, most_bytes: int) -> AsyncGenerator[bytes, None]:
        if is_inline(url):
            yield (await self.fetch(url, most_bytes)).content
            return
        target = self._target(url)
        async with AsyncExitStack() as resources:
            async with self._within_time(target):
                await resources.enter_async_context(self._free)
                body = await resources.enter_async_context(self._opened(target))
            pieces = await resources.enter_async_context(aclosing(body.pieces(most_bytes)))
            while True:
                async with self._within_time(target):
                    piece = await anext(pieces, None)
                if piece is None:
                    return
                yield piece

    @asynccontextmanager
    async def _within_time(self, target: Target) -> AsyncGenerator[None, None]:
        limit_s = self._limits.total_s
        try:
            async with asyncio.timeout(limit_s):
                yield
        except TimeoutError as error:
            why = f"it took longer than {limit_s:g} seconds"
            raise DownloadFailed(target.host, why) from error

    @asynccontextmanager
    async def _opened(self, target: Target) -> AsyncGenerator[Body, None]:
        """Follow redirects to the body that is meant."""
        self._ask = ask = self._ask or await asyncio.to_thread(_imported)
        for _ in range(self._limits.redirects + 1):
            async with ask(target.url, await self._addresses(target)) as found:
                if not isinstance(found, URL):
                    yield found
                    return
            target = self._target(str(found))
        raise DownloadFailed(target.host, "it leads from address to address without end")

    def _target(self, url: str) -> Target:
        return read_target(url, self._trusted, self._limits.ports)

    async def _addresses(self, target: Target) -> Sequence[str]:
        if is_number(target.host):
            found: Sequence[str] = [target.host]
        else:
            try:
                found = await self._lookup(target.host, target.port)
            except (OSError, UnicodeError) as error:
                raise DownloadFailed(target.host, "its host is not known") from error
        # One private address among them is enough: which of them is taken would be chance.
        if not target.trusted and not all(map(self._public, found)):
            raise DownloadRefused(target.host, "it does not lead to a public address")
        return found


def unpacked(url: str, most_bytes: int) -> Downloaded:
    """Return what a data URL holds.

    Raises:
        DownloadRefused: it is not well-formed.
        DownloadTooLarge: it holds more than `most_bytes`.
        DownloadFailed: it is empty.
    """
    try:
        inline = read_data_url(url)
    except ValueError as error:
        raise DownloadRefused(_DATA, f"it is {error}") from error
    content = base64.b64decode(inline.base64)
    if len(content) > most_bytes:
        raise DownloadTooLarge(_DATA, most_bytes)
    if not content:
        raise DownloadFailed(_DATA, "it is empty")
    return Downloaded(content, *type_of(content, inline.mime_type))


class _SystemLookup:
    """The system's resolver, in threads of its own.

    A name whose servers never answer holds its thread for long after everybody has gone; the
    threads that the rest of the process shares are too few for that.
    """

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(4, thread_name_prefix="lookup")

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        found = await asyncio.get_running_loop().run_in_executor(
            self._threads, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        )
        return [str(place[0]) for *_, place in found]


def _imported() -> _Ask:
    # aiohttp costs a quarter of a second that neither start-up nor the event loop need pay.
    from adapters.transport.egress_connection import ask  # noqa: PLC0415

    return ask
