"""Web pages as text."""

from typing import Protocol

from msgspec import Struct


class PageText(Struct, frozen=True):
    """What a page says."""

    title: str
    text: str
    """Its main part, without navigation and scripts; links with their addresses."""


class PageReader(Protocol):
    """Takes the text out of HTML."""

    async def read(self, content: bytes) -> PageText:
        """Return the text; the work happens off the event loop, and cancelling ends it.

        Raises:
            DownloadFailed: it takes more time or memory than reading may take.
        """
        ...
