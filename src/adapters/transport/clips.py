"""Clips on their way from a provider: checked by what they hold, and never held whole."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from adapters.transport.pictures import not_loaded
from adapters.transport.rest import Call, Rest
from application.ports.downloads import Downloads
from domain.errors import DownloadFailed, DownloadRefused
from domain.files.content_types import shown_type
from domain.provider_errors import ProviderError, ResultLost

MOST_BYTES = 500_000_000
_SAMPLE = 64
"""By so many bytes a clip is known."""


async def streamed(rest: Rest, call: Call) -> AsyncGenerator[bytes, None]:
    """Yield a clip piece by piece; closing the generator closes the connection.

    Raises:
        ResultLost: what is there is no clip.
        ProviderError: it could not be fetched whole.
    """
    await rest.ready()
    try:
        async with rest.asked(call) as answer:
            pieces = answer.pieces(rest.provider, MOST_BYTES)
            async with aclosing(pieces), aclosing(checked(rest.provider, pieces)) as sound:
                async for piece in sound:
                    yield piece
    except ProviderError:
        raise
    except Exception as failure:
        raise rest.error(failure) from failure


async def streamed_from(
    provider: str, downloads: Downloads, url: str
) -> AsyncGenerator[bytes, None]:
    """Yield a clip at an address that the provider gave; no key goes with the request.

    Raises:
        ResultLost: it is not there, not in a place that this server goes to, or no clip.
    """
    pieces = downloads.stream(url, MOST_BYTES)
    try:
        async with aclosing(pieces), aclosing(checked(provider, pieces)) as sound:
            async for piece in sound:
                yield piece
    except (DownloadFailed, DownloadRefused) as error:
        raise not_loaded(provider, error) from error


async def checked(
    provider: str, pieces: AsyncGenerator[bytes, None]
) -> AsyncGenerator[bytes, None]:
    """Yield the pieces, once the first of them have shown that this is a clip.

    Raises:
        ResultLost: it is something else, or nothing.
    """
    head = b""
    async for piece in pieces:
        if len(head) >= _SAMPLE:
            yield piece
            continue
        head += piece
        if len(head) >= _SAMPLE:
            _check(provider, head)
            yield head
    if len(head) < _SAMPLE:
        _check(provider, head)
        yield head


def _check(provider: str, head: bytes) -> None:
    if not (shown_type(head) or "").startswith("video/"):
        raise ResultLost(provider, f"What {provider} made is no video")
