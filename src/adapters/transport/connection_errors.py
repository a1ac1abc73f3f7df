"""What happened to a connection, as an error of ours.

An SDK wraps what its connection raises. So the chain of causes is searched for aiohttp's own
exception, which knows what happened.
"""

from collections.abc import Iterator
from functools import cache

from domain.provider_errors import (
    ConnectTimedOut,
    ProviderBrokeOff,
    ProviderError,
    ProviderGarbled,
    ProviderTimeout,
    ProviderUnreachable,
)

WORDLESS = "{} closed the connection without a word"

Meaning = tuple[tuple[type[BaseException], ...], type[ProviderError], str]


@cache
def _meanings() -> tuple[Meaning, ...]:
    """Return what each failure means; the first that is found anywhere in the chain counts."""
    # A quarter of a second that start-up need not pay.
    import aiohttp  # noqa: PLC0415
    from aiohttp.http_exceptions import ContentEncodingError  # noqa: PLC0415

    return (
        (
            (aiohttp.ConnectionTimeoutError,),
            ConnectTimedOut,
            "{} timed out: it took no connection",
        ),
        # Not cut, however aiohttp wraps it.
        (
            (ContentEncodingError,),
            ProviderGarbled,
            "{} sent something that cannot be unpacked",
        ),
        (
            (aiohttp.ClientConnectorCertificateError,),
            ProviderUnreachable,
            "{} cannot be reached: its certificate is not one that is trusted",
        ),
        (
            (aiohttp.ClientSSLError,),
            ProviderUnreachable,
            "{} cannot be reached: no TLS could be agreed on with it",
        ),
        (
            (aiohttp.ClientProxyConnectionError, aiohttp.ClientHttpProxyError),
            ProviderUnreachable,
            "{} cannot be reached: the proxy on the way there does not let us through",
        ),
        # Before the rest: a refused connection is an OSError too.
        ((aiohttp.ClientConnectorError,), ProviderUnreachable, "{} cannot be reached"),
        ((TimeoutError,), ProviderTimeout, "{} timed out: it did not answer"),
        (
            (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError),
            ProviderUnreachable,
            "The base URL of {} is no HTTP address",
        ),
        ((aiohttp.ClientResponseError,), ProviderGarbled, "{} sent something that is not HTTP"),
        # Both are raised while the headers are awaited; a cut body is a `ClientPayloadError`.
        ((aiohttp.ServerDisconnectedError, aiohttp.ClientOSError), ProviderBrokeOff, WORDLESS),
    )


def broken(provider: str, failure: BaseException, *, begun: bool = True) -> ProviderError:
    """Return the error for a connection that could not be made, fell silent or broke.

    Args:
        provider: for the error.
        failure: what was raised.
        begun: whether a part of the answer may have been read, its headers not counted.
    """
    chain = tuple(_causes(failure))
    for known, kind, text in _meanings():
        if any(isinstance(cause, known) for cause in chain):
            return kind(provider, text.format(provider))
    text = "{} closed the connection in mid-answer" if begun else WORDLESS
    return ProviderBrokeOff(provider, text.format(provider))


def _causes(failure: BaseException) -> Iterator[BaseException]:
    link: BaseException | None = failure
    while link is not None:
        yield link
        link = link.__cause__
