"""PDFs as text by pypdf, in a process of its own for each document.

pypdf is pure Python: in a thread it would hold the interpreter from every running turn, and a
document made to loop could not be stopped.
"""

import asyncio
import math
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import msgspec
from msgspec import Struct

from application.ports.pdf_text import PdfPages, PdfText
from domain.errors import DocumentUnreadable

_PROGRAM = Path(__file__).with_name("extract.py")


class PdfLimits(Struct, frozen=True):
    """What reading one document may take."""

    pages: int = 50
    characters: int = 200_000
    memory_bytes: int = 1_000_000_000
    longest_s: float = 20.0
    at_once: int = 2


class _Answer(Struct, frozen=True):
    pages: tuple[str, ...] = ()
    total: int = 0
    problem: str | None = None


class PypdfText(PdfText):
    """Starts a process for each document, and ends it whatever happens."""

    def __init__(self, limits: PdfLimits | None = None) -> None:
        self._limits = limits or PdfLimits()
        self._free = asyncio.Semaphore(self._limits.at_once)

    async def read(self, content: bytes) -> PdfPages:
        async with self._free:
            try:
                async with asyncio.timeout(self._limits.longest_s):
                    written = await self._run(content)
            except TimeoutError as error:
                raise DocumentUnreadable("it takes too long") from error
        answer = msgspec.json.decode(written, type=_Answer)
        if answer.problem is not None:
            raise DocumentUnreadable(answer.problem)
        return PdfPages(answer.pages, answer.total)

    async def _run(self, content: bytes) -> bytes:
        limits = self._limits
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-I",
            str(_PROGRAM),
            str(limits.pages),
            str(limits.characters),
            str(limits.memory_bytes),
            str(math.ceil(limits.longest_s) + 1),
            stdin=PIPE,
            stdout=PIPE,
            env={},  # It reads what strangers sent; keys are none of its business.
        )
        try:
            written, _ = await process.communicate(content)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        status = await process.wait()
        if status < 0:
            # Ended by a signal: of its limits, or because the system ran out of memory.
            raise DocumentUnreadable("it takes more time or memory than it may")
        if status > 0:
            raise RuntimeError(f"{_PROGRAM.name} failed; its error output says why")
        return written
