"""Room in memory for a file that is being received."""

import io
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import BinaryIO

from application.ports.spool import Spool


class MemorySpool(Spool):
    """For files of tests."""

    def room(self) -> AbstractAsyncContextManager[BinaryIO]:
        """Give an empty file."""
        return self._room()

    @asynccontextmanager
    async def _room(self) -> AsyncGenerator[BinaryIO, None]:
        with io.BytesIO() as file:
            yield file
