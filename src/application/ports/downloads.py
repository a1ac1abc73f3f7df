"""What stands behind an address that a user or a model gave."""

from collections.abc import AsyncGenerator
from typing import Protocol

from msgspec import Struct

MOST_BYTES = 20_000_000

_HTML = ("text/html", "application/xhtml+xml")
_HTML_BEGINS = (b"<!doctype html", b"<html")


class Downloaded(Struct, frozen=True):
    """Content, and what it shows itself to be."""

    content: bytes
    mime_type: str
    """By the content itself, not by its server's word; lower case, without parameters."""
    is_text: bool
    """Whether it can be read as text, whatever the type."""

    @property
    def is_html(self) -> bool:
        """Whether it is a web page, called one or not."""
        if self.mime_type in _HTML:
            return True
        return self.is_text and self.content[:100].lstrip().lower().startswith(_HTML_BEGINS)


class Downloads(Protocol):
    """The one way in which addresses from outside are followed."""

    def check(self, url: str) -> bool:
        """Refuse an address that `fetch` would refuse for its words alone; asks nobody.

        Returns:
            Whether others can fetch it too: not what a data URL holds, nor what is in a place
            that only the operator vouches for.

        Raises:
            DownloadRefused: it is no http(s) or data URL, or names a place that is not public.
        """
        ...

    async def fetch(self, url: str, most_bytes: int = MOST_BYTES) -> Downloaded:
        """Return what an http(s) URL leads to, or what a data URL holds.

        Only public addresses are connected to, whatever names and redirects say, and nothing of
        the caller's is sent along. Cancelling closes the connection.

        Raises:
            DownloadRefused: the address, or one it leads to, is not for this server to fetch.
            DownloadTooLarge: there is more than `most_bytes`, counted as it comes and unpacked.
            DownloadFailed: it could not be loaded, not in time, or is empty.
        """
        ...

    def stream(self, url: str, most_bytes: int) -> AsyncGenerator[bytes, None]:
        """Yield the same piece by piece, for what is too much to be held.

        However long the whole takes, each piece comes in time. Closing the generator closes the
        connection.

        Raises:
            DownloadRefused, DownloadTooLarge, DownloadFailed: as `fetch`, also after some pieces.
        """
        ...
