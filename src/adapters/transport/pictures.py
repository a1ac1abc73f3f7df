"""Pictures on a provider's wire: decoded, fetched, and known by what they hold."""

import base64
import binascii

from application.ports.downloads import Downloads
from domain.errors import DownloadFailed, DownloadRefused
from domain.files.content_types import shown_type
from domain.media import Picture
from domain.provider_errors import ProviderGarbled, ResultLost

MOST_BYTES = 50_000_000
WITHIN_S = 120.0
"""Models that draw take longer than those that speak (contract: media §2.2)."""


def picture(provider: str, content: bytes) -> Picture:
    """Return what the provider sent, if it is a picture.

    Raises:
        ProviderGarbled: it is something else, whatever its name.
    """
    kind = shown_type(content)
    if kind is None or not kind.startswith("image/"):
        raise ProviderGarbled(provider, f"{provider} sent something that is no picture")
    return Picture(content, kind)


def decoded(provider: str, text: str) -> Picture:
    """Return the picture that base64 text (or a data URL) holds.

    Raises:
        ProviderGarbled: it holds none.
    """
    if text.startswith("data:"):
        text = text.partition(",")[2]
    try:
        return picture(provider, base64.b64decode(text, validate=True))
    except binascii.Error as error:
        raise ProviderGarbled(provider, f"{provider} sent something that is no picture") from error


async def fetched(provider: str, downloads: Downloads, url: str) -> Picture:
    """Return the picture behind an address that the provider gave; no key goes with the request.

    Raises:
        ResultLost: it is not there, or not in a place that this server goes to.
        ProviderGarbled: what is there is no picture.
    """
    try:
        content = (await downloads.fetch(url, MOST_BYTES)).content
    except (DownloadFailed, DownloadRefused) as error:
        raise not_loaded(provider, error) from error
    return picture(provider, content)


def not_loaded(provider: str, error: DownloadFailed | DownloadRefused) -> ResultLost:
    """Return what it means that an address of the provider's leads to nothing."""
    return ResultLost(provider, f"What {provider} made could not be loaded: {error}")


def as_data_url(given: Picture) -> str:
    """Return a picture that carries itself."""
    return f"data:{given.mime_type};base64,{as_base64(given)}"


def as_base64(given: Picture) -> str:
    """Return a picture's content as text."""
    return base64.b64encode(given.content).decode()
