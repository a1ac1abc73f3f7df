"""What a place for files does in its own way, and what it says when it is not there."""

import asyncio
import errno
import os
import stat
import time
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import httpx
import pytest
from msgspec import structs

from adapters.disk.draft import Draft
from adapters.disk.files import DiskFiles
from adapters.memory.clock import ManualClock
from adapters.s3.files import LONGEST_LINK_S, S3Files
from application.ports.files import Files
from domain.errors import AlreadyExists
from domain.files.keys import exact_key, fresh_key
from domain.ids import UserId
from domain.storage_errors import FilesUnavailable
from tests.contract.file_places import bucket_at, disk, inside, s3

ANNA = UserId(1)
KEY = fresh_key(ANNA, "plan.pdf", date(2026, 2, 3), "0" * 32)
MOST = 32 * 2**20
LARGE = b"x" * 6 * 2**20


async def once(content: bytes = b"x") -> AsyncIterator[bytes]:
    yield content


async def test_a_file_on_disk_is_the_content_and_nothing_else(tmp_path: Path) -> None:
    files, place = DiskFiles(tmp_path), disk(tmp_path)
    await files.put(KEY, once(b"words"), MOST)
    assert place.left() == [KEY]
    file = tmp_path / KEY
    assert file.read_bytes() == b"words"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert await files.direct_link(await files.about(ANNA, KEY), 60) is None


@pytest.mark.parametrize("taken", ["", "1", ".drafts"])
async def test_something_else_in_a_folders_place_is_said_in_our_words(
    tmp_path: Path, taken: str
) -> None:
    root = tmp_path / "files"
    (root / taken).parent.mkdir(parents=True, exist_ok=True)
    (root / taken).touch()
    with pytest.raises(FilesUnavailable):
        await DiskFiles(root).put(KEY, once(), MOST)


async def test_a_folder_that_is_gone_is_not_made_anew(tmp_path: Path) -> None:
    root = tmp_path / "disk" / "files"
    files = DiskFiles(root)
    await files.put(KEY, once(), MOST)
    root.parent.rename(tmp_path / "unmounted")
    other = fresh_key(ANNA, "plan.pdf", date(2026, 2, 3), "1" * 32)
    with pytest.raises(FilesUnavailable):
        await files.put(other, once(), MOST)
    (tmp_path / "unmounted").rename(root.parent)  # Where nothing must have taken its place.
    await files.put(other, once(), MOST)


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENOSPC, "The file storage is full; try again once room was made on its disk"),
        (errno.EROFS, "The file storage cannot be written to; try again once"),
        (errno.EIO, "The file storage is not available; try again in a moment"),
    ],
)
async def test_what_is_wrong_with_the_disk_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, said: str
) -> None:
    def refuse(_: Draft, __: bytes) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Draft, "write", refuse)
    with pytest.raises(FilesUnavailable, match=said):
        await DiskFiles(tmp_path).put(KEY, once(), MOST)
    assert list((tmp_path / ".drafts").iterdir()) == []


async def test_what_a_killed_process_left_is_removed_a_day_later(tmp_path: Path) -> None:
    drafts = tmp_path / ".drafts"
    drafts.mkdir()
    for name, age_s in (("old", 25 * 3600), ("new", 60)):
        (drafts / name).write_bytes(b"half a file")
        written_at = time.time() - age_s
        os.utime(drafts / name, (written_at, written_at))
    await DiskFiles(tmp_path).put(KEY, once(), MOST)
    assert [Path(name).name for name in disk(tmp_path).left() if name != KEY] == ["new"]


async def test_files_in_a_bucket_are_nobodys_but_by_a_signed_link(s3_address: str) -> None:
    async with s3(s3_address) as place:
        for content in (b"words", LARGE):
            await place.files.put(KEY, once(content), MOST)
            stored = inside().keys[KEY]
            assert stored.acl is None or not stored.acl.public_read
            link = await place.files.direct_link(await place.files.about(ANNA, KEY), 99_999)
            assert link is not None
            assert f"X-Amz-Expires={LONGEST_LINK_S}&" in link
            opened = await asyncio.to_thread(httpx.get, link)
            assert opened.content == content
            assert opened.headers["content-type"] == "application/pdf"
            assert opened.headers["content-disposition"] == 'attachment; filename="plan.pdf"'
            await place.files.delete(ANNA, KEY)


async def test_large_files_of_a_chosen_name_replace_nothing_either(s3_address: str) -> None:
    chosen = exact_key(ANNA, "plan.pdf")
    async with s3(s3_address) as place:
        await place.files.put(chosen, once(b"first"), MOST)
        with pytest.raises(AlreadyExists):
            await place.files.put(chosen, once(LARGE), MOST)
        assert (await place.files.about(ANNA, chosen)).size_bytes == 5
        assert place.left() == [chosen]


async def test_a_bucket_that_clients_cannot_reach_is_read_through_here(s3_address: str) -> None:
    async with s3(s3_address) as place:
        await place.files.put(KEY, once(), MOST)
        files = S3Files(bucket_at(s3_address), ManualClock(), sends_itself=False)
        assert await files.direct_link(await files.about(ANNA, KEY), 60) is None
        await files.aclose()


@pytest.fixture(params=["disk", "nowhere", "no bucket"])
async def absent(
    request: pytest.FixtureRequest, tmp_path: Path, s3_address: str
) -> AsyncIterator[Files]:
    if request.param == "disk":
        (tmp_path / "files").write_text("not a folder")
        yield DiskFiles(tmp_path / "files")
        return
    bucket = bucket_at("http://127.0.0.1:9")
    if request.param == "no bucket":
        bucket = structs.replace(bucket_at(s3_address), name="missing-bucket")
    files = S3Files(bucket, ManualClock())
    yield files
    await files.aclose()


async def test_a_place_that_is_not_there_is_said_in_our_words(absent: Files) -> None:
    with pytest.raises(FilesUnavailable):
        await absent.put(KEY, once(), MOST)
