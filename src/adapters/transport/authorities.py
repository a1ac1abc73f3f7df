"""Whose signature a server's certificate needs."""

from functools import cache
from ssl import SSLContext


@cache
def authorities() -> SSLContext:
    """Return those that httpx brings along: a bare machine has none of its own.

    Reading them takes a while, up to a second on a small machine; everybody shares them.
    """
    import httpx2  # noqa: PLC0415 - with the first connection, not at start-up

    return httpx2.create_ssl_context()
