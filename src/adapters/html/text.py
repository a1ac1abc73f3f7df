"""Pages as text by Resiliparse, in a process of its own for each: deep nesting costs it minutes."""

from pathlib import Path

import msgspec

from adapters.transport.apart import Apart, ApartLimits, TooMuch
from application.ports.page_text import PageReader, PageText
from domain.errors import DownloadFailed

_PROGRAM = Path(__file__).with_name("extract.py")


class HtmlLimits(ApartLimits, frozen=True):
    """What reading one page may take."""

    longest_s: float = 10.0
    characters: int = 400_000


class ResiliparseReader(PageReader):
    """Starts a process for each page, and ends it whatever happens."""

    def __init__(self, limits: HtmlLimits | None = None) -> None:
        self._limits = limits or HtmlLimits()
        self._apart = Apart(_PROGRAM, self._limits)

    async def read(self, content: bytes) -> PageText:
        try:
            written = await self._apart.read(content, str(self._limits.characters))
        except TooMuch as error:
            raise DownloadFailed("The page", str(error)) from error
        return msgspec.json.decode(written, type=PageText)
