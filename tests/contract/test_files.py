"""What every place for files promises."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from datetime import UTC, date
from pathlib import Path

import pytest

from application.ports.files import Files
from domain.errors import AlreadyExists, FileNotFound, FileRefused, FileTooLarge
from domain.files.keys import Folder, exact_key, fresh_key
from domain.ids import FileKey, UserId
from tests.contract.file_places import Place, disk, memory, s3

ANNA, BORIS = UserId(1), UserId(12)
DAY = date(2026, 2, 3)
MIB = 2**20
MOST = 16 * MIB


@pytest.fixture
def memory_place() -> Place:
    return memory()


@pytest.fixture
def disk_place(tmp_path: Path) -> Place:
    return disk(tmp_path)


@pytest.fixture
async def s3_place(s3_address: str) -> AsyncIterator[Place]:
    async with s3(s3_address) as place:
        yield place


@pytest.fixture(params=["memory", "disk", "s3"])
def place(request: pytest.FixtureRequest) -> Place:
    return request.getfixturevalue(f"{request.param}_place")


@pytest.fixture
def files(place: Place) -> Files:
    return place.files


def key(number: int, name: str = "plan.pdf", owner: UserId = ANNA) -> FileKey:
    return fresh_key(owner, name, DAY, f"{number:032x}")


async def chunks(*content: bytes) -> AsyncIterator[bytes]:
    for chunk in content:
        yield chunk


async def content(reading: AsyncGenerator[bytes, None]) -> bytes:
    async with aclosing(reading) as found:
        return b"".join([chunk async for chunk in found])


async def test_what_was_put_is_there(files: Files) -> None:
    stored = await files.put(key(1), chunks(b"one ", b"two"), MOST)
    assert (stored.key, stored.owner, stored.size_bytes) == (key(1), ANNA, 7)
    assert (stored.name, stored.mime_type) == ("plan.pdf", "application/pdf")
    known = await files.about(ANNA, key(1))
    assert (known.key, known.size_bytes) == (key(1), 7)
    assert stored.stored_at.tzinfo is known.stored_at.tzinfo is UTC
    assert await content(files.read(ANNA, key(1))) == b"one two"


async def test_any_part_of_it_can_be_read(files: Files) -> None:
    whole = bytes(range(256)) * (3 * MIB // 256)
    await files.put(
        key(1), chunks(*(whole[i : i + 70_000] for i in range(0, len(whole), 70_000))), MOST
    )
    for first, last in (
        (0, 0),
        (1, 4),
        (MIB - 1, MIB),
        (5, 2 * MIB + 9),
        (len(whole) - 2, None),
    ):
        expected = whole[first : None if last is None else last + 1]
        assert await content(files.read(ANNA, key(1), first, last)) == expected
    assert await content(files.read(ANNA, key(1), len(whole) - 1, len(whole) + 5)) == whole[-1:]
    assert await content(files.read(ANNA, key(1), len(whole))) == b""


async def test_a_reader_may_leave_early(files: Files) -> None:
    await files.put(key(1), chunks(b"x" * (3 * MIB)), MOST)
    async with aclosing(files.read(ANNA, key(1))) as reading:
        assert (await anext(reading))[:1] == b"x"
    await files.delete(ANNA, key(1))


async def test_a_file_is_its_owners_alone(place: Place) -> None:
    files = place.files
    await files.put(key(1), chunks(b"x"), MOST)
    for stranger in (BORIS, UserId(2)):
        with pytest.raises(FileNotFound):
            await files.about(stranger, key(1))
        with pytest.raises(FileNotFound):
            await content(files.read(stranger, key(1)))
        with pytest.raises(FileNotFound):
            await files.delete(stranger, key(1))
        await files.delete_all(stranger)
        assert (await files.page(stranger)).files == ()
    assert place.left() == [key(1)]


async def test_what_is_not_there_is_not_found(files: Files) -> None:
    for missing in (key(1), exact_key(ANNA, "never.txt")):
        with pytest.raises(FileNotFound):
            await files.about(ANNA, missing)
        with pytest.raises(FileNotFound):
            await content(files.read(ANNA, missing))
        with pytest.raises(FileNotFound):
            await files.delete(ANNA, missing)


async def test_nothing_is_overwritten(place: Place) -> None:
    files, chosen = place.files, exact_key(ANNA, "plan.pdf")
    await files.put(chosen, chunks(b"first"), MOST)
    with pytest.raises(AlreadyExists):
        await files.put(chosen, chunks(b"second"), MOST)
    assert await content(files.read(ANNA, chosen)) == b"first"
    assert place.left() == [chosen]
    await files.delete(ANNA, chosen)
    await files.put(chosen, chunks(b"third"), MOST)
    assert await content(files.read(ANNA, chosen)) == b"third"


async def test_as_many_bytes_as_allowed_and_no_more(place: Place) -> None:
    files, taken = place.files, 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal taken
        while True:
            taken += 1
            yield b"x" * MIB

    assert (await files.put(key(1), chunks(b"12", b"345"), 5)).size_bytes == 5
    with pytest.raises(FileTooLarge):
        await files.put(key(2), chunks(b"12", b"3456"), 5)
    with pytest.raises(FileTooLarge):
        await files.put(key(3), endless(), MOST)
    assert taken == MOST // MIB + 1
    assert place.left() == [key(1)]


async def test_nothing_is_no_file(place: Place) -> None:
    for empty in (chunks(), chunks(b"", b"")):
        with pytest.raises(FileRefused, match="empty"):
            await place.files.put(key(1), empty, MOST)
    assert place.left() == []


async def test_an_upload_that_is_cancelled_leaves_nothing(place: Place) -> None:
    stuck = asyncio.Event()

    async def stalled() -> AsyncIterator[bytes]:
        yield b"x" * (6 * MIB)
        yield b"x" * (6 * MIB)
        stuck.set()
        await asyncio.Event().wait()

    putting = asyncio.create_task(place.files.put(key(1), stalled(), MOST))
    await stuck.wait()
    putting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await putting
    assert place.left() == []


@pytest.mark.parametrize("before", [0, 1, 12 * MIB])
async def test_an_upload_that_breaks_off_leaves_nothing(place: Place, before: int) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"x" * before
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await place.files.put(key(1), broken(), MOST)
    assert place.left() == []
    with pytest.raises(FileNotFound):
        await place.files.about(ANNA, key(1))


async def test_a_list_comes_in_pages_by_key(files: Files) -> None:
    mine = [key(number) for number in range(5)]
    mine.append(fresh_key(ANNA, "turn.wav", DAY, "f" * 32, Folder.REALTIME))
    for each in reversed(mine):
        await files.put(each, chunks(b"x"), MOST)
    await files.put(key(3, owner=BORIS), chunks(b"y"), MOST)
    first = await files.page(ANNA, limit=4)
    assert ([file.key for file in first.files], first.next) == (mine[:4], mine[3])
    rest = await files.page(ANNA, first.next, limit=4)
    assert ([file.key for file in rest.files], rest.next) == (mine[4:], None)
    assert (await files.page(ANNA, mine[-1])).files == ()
    exact = await files.page(ANNA, limit=6)
    assert (len(exact.files), exact.next) == (6, None)


async def test_ten_thousand_files_are_listed_page_by_page(place: Place) -> None:
    mine = [key(number) for number in range(10_000)]
    place.fill(mine)
    for begin in (0, 4_711, 9_000):
        page = await place.files.page(ANNA, mine[begin - 1] if begin else None, 1000)
        assert [file.key for file in page.files] == mine[begin : begin + 1000]
        assert page.next == (None if begin == 9_000 else mine[begin + 999])


async def test_all_files_of_an_owner_go_together(place: Place) -> None:
    files = place.files
    mine = [key(number) for number in range(3)]
    mine.append(fresh_key(ANNA, "turn.wav", DAY, "f" * 32, Folder.REALTIME))
    for each in (*mine, key(1, owner=BORIS)):
        await files.put(each, chunks(b"x"), MOST)
    await files.delete_all(ANNA)
    assert place.left() == [key(1, owner=BORIS)]
    await files.delete_all(ANNA)
    await files.delete(BORIS, key(1, owner=BORIS))
    assert place.left() == []
