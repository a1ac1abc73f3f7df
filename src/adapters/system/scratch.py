"""Scratch paper in the system's folder for such; little of it stays in memory."""

import asyncio
import tempfile
import threading
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import IO

from application.ports.scratch import Scratch, Sheet

_IN_MEMORY = 1024 * 1024
_CHUNK = 256 * 1024


class SystemScratch(Scratch):
    """Files without a name, gone with the process whatever becomes of it."""

    @asynccontextmanager
    async def sheet(self) -> AsyncGenerator[Sheet, None]:
        sheet = _Sheet()
        try:
            yield sheet
        finally:
            sheet.close()


class _Sheet(Sheet):
    """Chunks are held as they came, since others often hold them too; many go to a file at once.

    A thread does not stop when whoever waits for it is cancelled: the lock has `close` come after.
    """

    def __init__(self) -> None:
        self._held: list[bytes] = []
        self._held_bytes = 0
        self._size = 0
        self._file: IO[bytes] | None = None
        self._lock = threading.Lock()
        self._closed = False

    @property
    def size_bytes(self) -> int:
        return self._size

    async def write(self, chunk: bytes) -> None:
        self._size += len(chunk)
        self._held.append(chunk)
        self._held_bytes += len(chunk)
        if self._held_bytes > _IN_MEMORY:
            held, self._held, self._held_bytes = self._held, [], 0
            await asyncio.to_thread(self._put_away, held)

    async def read(self) -> AsyncGenerator[bytes, None]:
        if (file := self._file) is not None:
            await asyncio.to_thread(file.seek, 0)
            while chunk := await asyncio.to_thread(file.read, _CHUNK):
                yield chunk
        for chunk in self._held:
            yield chunk

    def close(self) -> None:
        """Leave nothing of it."""
        with self._lock:
            self._closed = True
            if self._file is not None:
                self._file.close()

    def _put_away(self, chunks: list[bytes]) -> None:
        with self._lock:
            if self._closed:
                return
            if self._file is None:
                self._file = tempfile.TemporaryFile()  # noqa: SIM115 - until `close`
            self._file.writelines(chunks)
