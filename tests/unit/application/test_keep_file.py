"""New files: under keys that nobody guesses, and only for accounts that are there."""

import re

import pytest

from adapters.memory.clock import ManualClock
from adapters.memory.files import MemoryFiles
from adapters.memory.unit_of_work import MemoryUnitOfWork
from application.files.keep_file import KeepFile
from domain.errors import AccountNotFound, FileRefused, FileTooLarge
from domain.ids import UserId

ANNA = UserId(1)


@pytest.fixture
def files() -> MemoryFiles:
    return MemoryFiles(ManualClock())


@pytest.fixture
async def keep(files: MemoryFiles) -> KeepFile:
    clock = ManualClock()
    work = MemoryUnitOfWork(clock)
    async with work() as db:
        await db.accounts.add("anna", "hash", None)
    return KeepFile(files, work, clock)


async def test_a_file_gets_a_key_of_its_own(keep: KeepFile) -> None:
    first, second = [await keep(ANNA, "image", "image/png", b"x", 9) for _ in range(2)]
    assert first.key != second.key
    assert re.fullmatch(r"1/assets/chat/1/20260101_[0-9a-f]{32}_image\.png", first.key)
    assert (first.name, first.mime_type, first.size_bytes) == ("image.png", "image/png", 1)


async def test_what_is_not_kept_is_refused(keep: KeepFile, files: MemoryFiles) -> None:
    with pytest.raises(FileRefused, match="image/svg"):
        await keep(ANNA, "image.svg", "image/svg+xml", b"<svg/>", 9)
    with pytest.raises(FileTooLarge):
        await keep(ANNA, "image", "image/png", b"1234567890", 9)
    with pytest.raises(FileRefused, match="empty"):
        await keep(ANNA, "image", "image/png", b"", 9)
    assert (await files.page(ANNA)).files == ()


async def test_no_file_comes_after_the_end_of_an_account(
    keep: KeepFile, files: MemoryFiles
) -> None:
    with pytest.raises(AccountNotFound):
        await keep(UserId(2), "image", "image/png", b"x", 9)
    assert (await files.page(UserId(2))).files == ()
