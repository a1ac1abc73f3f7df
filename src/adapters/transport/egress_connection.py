"""One GET over one connection, made to addresses that were checked beforehand."""

import socket
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from ipaddress import ip_address
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from application.ports.downloads import Downloaded
from domain.errors import DownloadFailed, DownloadTooLarge
from domain.files.content_types import type_of

_HEADERS = {"User-Agent": "Parley", "Accept": "*/*", "Accept-Encoding": "gzip, deflate"}
_CONNECT_S = 10.0
_PIECE = 65_536

_AddressInfo = tuple[int, int, int, str, tuple[Any, ...]]
"""Family, kind, protocol, canonical name, and the socket's own form of an address."""


async def ask(url: URL, addresses: Sequence[str], most_bytes: int) -> Downloaded | URL:
    """Return the content behind the URL, or the URL to which it was moved.

    Nothing is kept between requests: no connection, no cookie; and nothing is taken from the
    environment: no proxy, no password.

    Args:
        url: http or https.
        addresses: IP addresses of its host, the only ones that a connection is made to.
        most_bytes: of the body, unpacked; no more than a little above is ever held.

    Raises:
        DownloadTooLarge: there is more.
        DownloadFailed: the server cannot be reached, refuses, breaks off or sends nothing.
    """
    host = url.host or ""
    try:
        async with _session(addresses) as session, session.get(url, allow_redirects=False) as reply:
            if reply.status in (301, 302, 303, 307, 308):
                return _onward(url, reply)
            if reply.status != 200:
                raise DownloadFailed(host, f"its server answered {reply.status}")
            content = await _body(reply, host, most_bytes)
    except aiohttp.ClientConnectorCertificateError as error:
        raise DownloadFailed(host, "its certificate is not valid") from error
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
        raise DownloadFailed(host, "its server cannot be reached") from error
    except (aiohttp.ClientError, OSError) as error:
        raise DownloadFailed(host, "its server sent a broken answer") from error
    return Downloaded(content, *type_of(content, reply.headers.get("Content-Type", "")))


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


async def _body(reply: aiohttp.ClientResponse, host: str, most_bytes: int) -> bytes:
    # What is announced spares a transfer; what arrives is counted all the same.
    if (reply.content_length or 0) > most_bytes:
        raise DownloadTooLarge(host, most_bytes)
    content = bytearray()
    async for piece in reply.content.iter_chunked(_PIECE):
        content += piece
        if len(content) > most_bytes:
            raise DownloadTooLarge(host, most_bytes)
    if not content:
        raise DownloadFailed(host, "it is empty")
    return bytes(content)


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
