"""Scratch paper in the system's folder for such; little of it stays in memory."""

import asyncio
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from tempfile import SpooledTemporaryFile

from application.ports.scratch import Scratch, Sheet

_IN_MEMORY = 1024 * 1024
_CHUNK = 256 * 1024


class SystemScratch(Scratch):
    """Files without a name, gone with the process whatever becomes of it."""

    @asynccontextmanager
    async def sheet(self) -> AsyncGenerator[Sheet, None]:
        with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as file:
            yield _Sheet(file)


class _Sheet(Sheet):
    def __init__(self, file: "SpooledTemporaryFile[bytes]") -> None:
        self._file = file
        self._size = 0

    @property
    def size_bytes(self) -> int:
        return self._size

    async def write(self, chunk: bytes) -> None:
        self._size += len(chunk)
        if self._size <= _IN_MEMORY:
            self._file.write(chunk)
        else:
            await asyncio.to_thread(self._file.write, chunk)

    async def read(self) -> AsyncGenerator[bytes, None]:
        self._file.seek(0)
        while chunk := await asyncio.to_thread(self._file.read, _CHUNK):
            yield chunk
