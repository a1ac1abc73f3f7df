"""An archive that comes piece by piece becomes part of an account."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import BinaryIO

from application.ports.spool import Spool
from application.transfer.import_archive import ImportArchive
from domain.ids import UserId
from domain.storage_errors import NoRoom
from domain.transfer.errors import ArchiveTooLarge, ImportRunning
from domain.transfer.progress import Progress

_PIECE = 1024 * 1024


class ReceiveArchive:
    """Keeps what comes in until all of it is there: an archive is looked at twice.

    One at a time for each user: each takes room on the disk.
    """

    def __init__(self, spool: Spool, import_archive: ImportArchive, most_bytes: int) -> None:
        self._spool = spool
        self._import = import_archive
        self._most_bytes = most_bytes
        self._busy: set[UserId] = set()

    async def __call__(
        self, user: UserId, pieces: AsyncIterator[bytes]
    ) -> AsyncGenerator[Progress, None]:
        """Yield how far it has come, as `ImportArchive` does.

        Raises:
            ImportRunning: another one of the user has not ended.
            ArchiveTooLarge: more came than is taken.
            NoRoom: there is none for it.
            ParleyError: as `ImportArchive`.
        """
        if user in self._busy:
            raise ImportRunning
        self._busy.add(user)
        try:
            async with self._spool.room() as file:
                await self._receive(pieces, file)
                async with aclosing(self._import(user, file)) as steps:
                    async for step in steps:
                        yield step
        finally:
            self._busy.discard(user)

    async def _receive(self, pieces: AsyncIterator[bytes], file: BinaryIO) -> None:
        size, waiting = 0, bytearray()
        async for piece in pieces:
            size += len(piece)
            if size > self._most_bytes:
                raise ArchiveTooLarge(
                    f"more than {self._most_bytes} bytes", "PARLEY_IMPORT_MAX_BYTES"
                )
            waiting += piece
            if len(waiting) >= _PIECE:
                await _write(file, waiting)
        await _write(file, waiting)


async def _write(file: BinaryIO, waiting: bytearray) -> None:
    try:
        await asyncio.to_thread(_put_down, file, bytes(waiting))
    except OSError as error:
        raise NoRoom("keep the archive") from error
    waiting.clear()


def _put_down(file: BinaryIO, piece: bytes) -> None:
    file.write(piece)
    file.flush()  # Else the last of it might find no room only while it is read.
