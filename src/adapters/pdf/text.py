"""PDFs as text by pypdf, which is pure Python, in a process of its own for each document."""

from pathlib import Path

import msgspec
from msgspec import Struct

from adapters.transport.apart import Apart, ApartLimits, TooMuch
from application.ports.pdf_text import PdfPages, PdfText
from domain.errors import DocumentUnreadable

_PROGRAM = Path(__file__).with_name("extract.py")


class PdfLimits(ApartLimits, frozen=True):
    """What reading one document may take."""

    pages: int = 50
    characters: int = 200_000


class _Answer(Struct, frozen=True):
    pages: tuple[str, ...] = ()
    total: int = 0
    problem: str | None = None


class PypdfText(PdfText):
    """Starts a process for each document, and ends it whatever happens."""

    def __init__(self, limits: PdfLimits | None = None) -> None:
        self._limits = limits or PdfLimits()
        self._apart = Apart(_PROGRAM, self._limits)

    async def read(self, content: bytes) -> PdfPages:
        limits = self._limits
        try:
            written = await self._apart.read(content, str(limits.pages), str(limits.characters))
        except TooMuch as error:
            raise DocumentUnreadable(str(error)) from error
        answer = msgspec.json.decode(written, type=_Answer)
        if answer.problem is not None:
            raise DocumentUnreadable(answer.problem)
        return PdfPages(answer.pages, answer.total)
