"""Room on the disk for a file that is being received."""

import tempfile
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path
from typing import BinaryIO, cast

import structlog

from application.ports.spool import Spool
from domain.storage_errors import NoRoom

_log = structlog.get_logger("files")


class DiskSpool(Spool):
    """Files without a name: the system takes them away with the process, however it ends."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def room(self) -> AbstractAsyncContextManager[BinaryIO]:
        """Give an empty file."""
        return self._room()

    @asynccontextmanager
    async def _room(self) -> AsyncGenerator[BinaryIO, None]:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            file = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115 - closed below
        except OSError as error:
            _log.error("no room to receive", error=error.strerror, folder=str(self._folder))
            raise NoRoom("make room") from error
        try:
            yield cast("BinaryIO", file)
        finally:
            with suppress(OSError):  # It would still write what found no room before.
                file.close()
