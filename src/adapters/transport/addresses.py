"""Which web addresses a server may fetch on behalf of others, by their words and their numbers.

Rules only: nothing is looked up or connected to here.
"""

import re
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from msgspec import Struct
from yarl import URL

from domain.errors import DownloadRefused

LONGEST_URL = 8192

# IANA's registry of special-purpose IPv4 addresses and the multicast block (RFC 6890, RFC 5771).
# They are listed because the standard library's own idea of "global" changes between releases.
_CLOSED_V4 = tuple(
    IPv4Network(block)
    for block in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "168.63.129.16/32",  # Azure's host service, on a number that looks public.
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
_OPEN_V6 = IPv6Network("2000::/3")
"""All that has ever been given out for use between networks (RFC 4291) …"""
_CLOSED_V6 = tuple(
    map(IPv6Network, ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20"))
)
"""… but for tunnels that carry IPv4, documentation and services of the network itself."""
_NAT64 = IPv6Network("64:ff9b::/96")
"""IPv4 addresses in other words (RFC 6052): the way out of a network that has IPv6 only."""

_NAME = re.compile(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})+")
_NUMBER = re.compile(r"(.*\.)?(0x[0-9a-f]*|[0-9]+)")
_PRIVATE_NAMES = (".localhost", ".local", ".internal", ".home.arpa", ".lan")
# Blanks, control characters and backslashes: what one parser skips, another reads.
_AMBIGUOUS = re.compile(r"[\x00-\x20\x7f\\]")


class Target(Struct, frozen=True):
    """An address that has passed every check of its words."""

    url: URL
    host: str
    """Lower case, without the dot that a name may end in, IPv6 without brackets."""
    port: int
    trusted: bool
    """The operator vouches for it, wherever it leads."""


class TrustedHosts:
    """Places that the operator allows although they may not be public."""

    def __init__(self, entries: Iterable[str] = ()) -> None:
        """Take entries of the form `host` (any port) or `host:port`.

        Raises:
            ValueError: an entry has another form.
        """
        self._places = {_place(entry) for entry in entries}

    def has(self, host: str, port: int) -> bool:
        """Return whether the place is one of them."""
        return not self._places.isdisjoint({(host, port), (host, None)})


def read_target(url: str, trusted: TrustedHosts, ports: Iterable[int] = (80, 443)) -> Target:
    """Return where an http(s) URL leads.

    Raises:
        DownloadRefused: it is no such URL, or by its words alone not public.
    """
    if len(url) > LONGEST_URL or _AMBIGUOUS.search(url):
        raise DownloadRefused("The address", "it is too long, or holds blanks or backslashes")
    try:
        found = URL(url)
        host, port = _plain(found.raw_host or ""), found.port or 0
    except ValueError as error:
        raise DownloadRefused("The address", "it is not a well-formed URL") from error
    if found.scheme not in ("http", "https") or not host:
        raise DownloadRefused("The address", "only http and https addresses are")
    if found.user is not None or found.password is not None:
        raise DownloadRefused(host, "its address holds a user name or password")
    if trusted.has(host, port):
        return Target(found, host, port, trusted=True)
    if port not in ports:
        raise DownloadRefused(host, f"port {port} is not one of {', '.join(map(str, ports))}")
    if not _may_be_public(host):
        raise DownloadRefused(host, "it is not the name or number of a public place")
    return Target(found, host, port, trusted=False)


def is_public(address: str) -> bool:
    """Return whether an IP address belongs to the open Internet, and to nothing nearer."""
    try:
        number = ip_address(address)
    except ValueError:
        return False
    if isinstance(number, IPv6Address):
        if number not in _NAT64:
            return number in _OPEN_V6 and not any(number in block for block in _CLOSED_V6)
        number = IPv4Address(int(number) & 0xFFFF_FFFF)
    return not any(number in block for block in _CLOSED_V4)


def is_number(host: str) -> bool:
    """Return whether the host is an IP address in the usual spelling, not a name."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _may_be_public(host: str) -> bool:
    if is_number(host):
        return is_public(host)
    # What ends in a number is taken for an address by many, in octal, hexadecimal or short forms.
    if _NUMBER.fullmatch(host) or not _NAME.fullmatch(host) or len(host) > 253:
        return False
    return not f".{host}".endswith(_PRIVATE_NAMES)


def _plain(host: str) -> str:
    return host.lower().removesuffix(".")


def _place(entry: str) -> tuple[str, int | None]:
    try:
        found = URL(f"//{entry.strip()}")
        host = _plain(found.raw_host or "")
    except ValueError:
        found, host = URL(), ""
    alone = host and found.user is None and found.raw_path_qs in ("", "/")
    if not alone or not (is_number(host) or _NAME.fullmatch(f"x.{host}")):
        raise ValueError("must be a comma-separated list of host or host:port")
    return host, found.explicit_port
