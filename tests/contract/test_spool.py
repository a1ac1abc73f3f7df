"""What comes in and finds no room on the disk."""

import io
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.disk.spool import DiskSpool
from adapters.memory.clock import ManualClock
from adapters.memory.unit_of_work import MemoryUnitOfWork
from application.batch.pad import Pad
from application.transfer.import_archive import ImportArchive
from application.transfer.receive_archive import ReceiveArchive
from domain.ids import UserId
from domain.storage_errors import NoRoom
from tests.archives import reader


class FullDisk(io.RawIOBase):
    """Takes nothing, which a buffer before it hides for a while."""

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, _: int = 0) -> int:
        return offset

    def write(self, _: object) -> int:
        raise OSError(28, "No space left on device")


@pytest.fixture
def spool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DiskSpool:
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda **_: io.BufferedRandom(FullDisk()))
    return DiskSpool(tmp_path)


async def pieces(*content: bytes) -> AsyncIterator[bytes]:
    for piece in content:
        yield piece


@pytest.mark.parametrize("size", [10, 3 * 2**20])
async def test_an_archive_without_room_is_not_told_to_be_a_matter_of_the_database(
    spool: DiskSpool, size: int
) -> None:
    an_import = ImportArchive(MemoryUnitOfWork(ManualClock()), reader())
    receive = ReceiveArchive(spool, an_import, 2**30)
    with pytest.raises(NoRoom, match="The server has no room to receive this at the moment"):
        async for _ in receive(UserId(1), pieces(b"x" * size)):
            pass


async def test_results_of_a_batch_without_room(spool: DiskSpool) -> None:
    with pytest.raises(NoRoom):
        async with spool.room() as file:
            await Pad(file).add([b"x" * 100_000])


async def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(NoRoom):
        async with DiskSpool(tmp_path / "file").room():
            pass
