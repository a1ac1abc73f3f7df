"""One GET over one connection, made to addresses that were checked beforehand."""

import socket
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus
from ipaddress import ip_address
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from adapters.transport.egress import Body
from application.ports.downloads import Downloaded
from domain.errors import DownloadFailed, DownloadTooLarge
from domain.files.content_types import type_of

_HEADERS = {"User-Agent": "Parley", "Accept": "*/*", "Accept-Encoding": "gzip, deflate"}
_CONNECT_S = 10.0
_PIECE = 65_536
_MOVED = (301, 302, 303, 307, 308)

_AddressInfo = tuple[int, int, int, str, tuple[Any, ...]]
"""Family, kind, protocol, canonical name, and the socket's own form of an address."""


class _Body(Body):
    """The body of one reply; good while its connection is open."""

    def __init__(self, reply: aiohttp.ClientResponse) -> None:
        self._reply = reply
        self._host = reply.url.host or ""

    async def pieces(self, most_bytes: int) -> AsyncGenerator[bytes, None]:
        # What is announced spares a transfer; what arrives is counted all the same.
        if (self._reply.content_length or 0) > most_bytes:
            raise DownloadTooLarge(self._host, most_bytes)
        size = 0
        async for piece in self._reply.content.iter_chunked(_PIECE):
            size += len(piece)
            if size > most_bytes:
                raise DownloadTooLarge(self._host, most_bytes)
            yield piece
        if not size:
            raise DownloadFailed(self._host, "it is empty")

    async def whole(self, most_bytes: int) -> Downloaded:
        content = b"".join([piece async for piece in self.pieces(most_bytes)])
        return Downloaded(content, *type_of(content, self._reply.headers.get("Content-Type", "")))


@asynccontextmanager
async def ask(url: URL, addresses: Sequence[str]) -> AsyncGenerator[Body | URL, None]:
    """Give the body behind the URL, or the URL to which it was moved.

    Nothing is kept between requests: no connection, no cookie; and nothing is taken from the
    environment: no proxy, no password. Leaving the block closes the connection.

    Args:
        url: http or https.
        addresses: IP addresses of its host, the only ones that a connection is made to.

    Raises:
        DownloadFailed: the server cannot be reached or refuses, or breaks off inside the block.
    """
    host = url.host or ""
    try:
        async with _session(addresses) as session, session.get(url, allow_redirects=False) as reply:
            if reply.status in _MOVED:
                yield _onward(url, reply)
                return
            if reply.status != HTTPStatus.OK:
                raise DownloadFailed(host, f"its server answered {reply.status}")
            yield _Body(reply)
    except aiohttp.ClientConnectorCertificateError as error:
        raise DownloadFailed(host, "its certificate is not valid") from error
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
        raise DownloadFailed(host, "its server cannot be reached") from error
    except (aiohttp.ClientError, OSError) as error:
        raise DownloadFailed(host, "its server sent a broken answer") from error


@asynccontextmanager
async def _session(addresses: Sequence[str]) -> AsyncGenerator[aiohttp.ClientSession, None]:
    connector = aiohttp.TCPConnector(
        resolver=_Known(addresses),
        use_dns_cache=False,
        force_close=True,
        socket_factory=_only_to(addresses),
    )
    async with aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        headers=_HEADERS,
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_S),
        trust_env=False,
    ) as session:
        yield session


def _onward(url: URL, reply: aiohttp.ClientResponse) -> URL:
    try:
        return url.join(URL(reply.headers["Location"]))
    except (KeyError, ValueError) as error:
        raise DownloadFailed(url.host or "", "it was moved to nowhere") from error


class _Known(AbstractResolver):
    """Stands where a second lookup would give a name the chance to lead elsewhere."""

    def __init__(self, addresses: Sequence[str]) -> None:
        self._addresses = addresses

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST,
            )
            for address in self._addresses
        ]

    async def close(self) -> None:
        """Holds nothing."""


def _only_to(addresses: Sequence[str]) -> Callable[[_AddressInfo], socket.socket]:
    """Return what makes a socket for a checked address and for no other.

    aiohttp does not ask its resolver about a host that it takes for a number, so the address is
    looked at once more where the socket is made.
    """
    checked = {ip_address(address) for address in addresses}

    def make(info: _AddressInfo) -> socket.socket:
        family, kind, protocol, _, place = info
        if ip_address(place[0]) not in checked:
            raise OSError("not one of the addresses that were checked")
        return socket.socket(family, kind, protocol)

    return make
