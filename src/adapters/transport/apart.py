"""Reads what strangers sent in a process of its own.

In a thread a reader would hold the interpreter from every running turn, and one that is made to
loop could not be stopped.
"""

import asyncio
import math
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

from msgspec import Struct


class ApartLimits(Struct, frozen=True):
    """What reading one document may take."""

    memory_bytes: int = 1_000_000_000
    longest_s: float = 20.0
    at_once: int = 2


class TooMuch(Exception):
    """The document takes more time or memory than it may."""

    def __init__(self, why: str) -> None:
        super().__init__(why)


class Apart:
    """Starts a program for each document, and ends it whatever happens.

    The program is given its own arguments, then the memory in bytes and the seconds of computing
    it may take, the document on standard input, and nothing of the environment.
    """

    def __init__(self, program: Path, limits: ApartLimits) -> None:
        self._program = program
        self._limits = limits
        self._free = asyncio.Semaphore(limits.at_once)

    async def read(self, content: bytes, *arguments: str) -> bytes:
        """Return what the program writes.

        Raises:
            TooMuch: it was ended.
        """
        async with self._free:
            try:
                async with asyncio.timeout(self._limits.longest_s):
                    return await self._run(content, arguments)
            except TimeoutError as error:
                raise TooMuch("it takes too long") from error

    async def _run(self, content: bytes, arguments: tuple[str, ...]) -> bytes:
        limits = self._limits
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-I",
            str(self._program),
            *arguments,
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
            raise TooMuch("it takes more time or memory than it may")
        if status > 0:
            raise RuntimeError(f"{self._program.name} failed; its error output says why")
        return written
