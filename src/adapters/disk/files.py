"""Files in a folder."""

import asyncio
import errno
import heapq
import os
import shutil
import time
from collections.abc import AsyncGenerator, AsyncIterable, Generator, Iterator
from contextlib import aclosing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import structlog

from adapters.disk.draft import Draft
from adapters.disk.reading import Reading
from application.ports.files import PAGE, Files
from domain.errors import AlreadyExists, FileNotFound, FileRefused, FileTooLarge
from domain.files.keys import Folder, owner_of, read_key
from domain.files.stored import FilePage, StoredFile
from domain.ids import FileKey, UserId
from domain.storage_errors import FilesUnavailable

_log = structlog.get_logger("files")

BATCH = 2 * 1024 * 1024
"""Bytes that a thread writes or reads at once: many enough that waking it costs nothing."""
_DRAFTS = ".drafts"
_WHY = {
    **dict.fromkeys(
        (errno.ENOSPC, errno.EDQUOT),
        "The file storage is full; try again once room was made on its disk",
    ),
    **dict.fromkeys(
        (errno.EROFS, errno.EACCES, errno.EPERM),
        "The file storage cannot be written to; try again once its disk and folder let it",
    ),
}
_ABANDONED_S = 24 * 3600
"""No upload takes longer: what is older was left by a process that died."""


class DiskFiles(Files):
    """Each file under its own key, as it is; nothing beside it.

    All work is done in threads. A process that is killed in the middle of an upload leaves a draft
    that no key leads to; it is removed a day later.
    """

    def __init__(self, root: Path) -> None:
        """Take the folder, which is made with the first file."""
        self._root = root
        self._swept = False

    async def put(self, key: FileKey, chunks: AsyncIterable[bytes], most_bytes: int) -> StoredFile:
        draft = Draft(self._root / _DRAFTS, self._path(owner_of(key), key))
        try:
            async with aclosing(_batches(chunks, most_bytes)) as batches:
                first = await anext(batches)
                if len(first) < BATCH:  # It is all, and one visit to a thread does.
                    with _translated("put"):
                        found = await asyncio.to_thread(self._whole, draft, first)
                else:
                    found = await self._in_batches(draft, first, batches)
        except BaseException as error:
            with suppress(OSError):  # What went wrong first is what counts.
                await asyncio.to_thread(draft.discard)
            if isinstance(error, FileExistsError):
                raise AlreadyExists(f"There is a file under this name already: {key}") from error
            raise
        return _stored(key, found)

    async def about(self, owner: UserId, key: FileKey) -> StoredFile:
        with _translated("look up", key):
            return _stored(key, await asyncio.to_thread(self._path(owner, key).stat))

    async def read(
        self, owner: UserId, key: FileKey, first: int = 0, last: int | None = None
    ) -> AsyncGenerator[bytes, None]:
        reading = Reading(self._path(owner, key), first, last)
        ahead: asyncio.Task[bytes] | None = None
        try:
            with _translated("read", key):
                piece = await asyncio.to_thread(reading.next, BATCH)
            while piece:
                if not reading.over:  # The next piece comes while this one goes.
                    ahead = asyncio.create_task(asyncio.to_thread(reading.next, BATCH))
                yield piece
                if ahead is None:
                    return
                with _translated("read"):
                    piece = await ahead
                ahead = None
        finally:
            if ahead is not None:
                ahead.cancel()
            if not reading.over:
                await asyncio.to_thread(reading.close)

    async def page(
        self, owner: UserId, after: FileKey | None = None, limit: int = PAGE
    ) -> FilePage:
        with _translated("list"):
            return await asyncio.to_thread(self._page, owner, after or "", limit)

    async def delete(self, owner: UserId, key: FileKey) -> None:
        with _translated("delete", key):
            await asyncio.to_thread(self._path(owner, key).unlink)

    async def delete_all(self, owner: UserId) -> None:
        with _translated("delete"), suppress(FileNotFoundError):
            await asyncio.to_thread(shutil.rmtree, self._root / str(int(owner)))

    async def direct_link(self, file: StoredFile, seconds: int) -> str | None:
        return None

    def _path(self, owner: UserId, key: FileKey) -> Path:
        if owner_of(key) != owner or read_key(key) is None:
            raise FileNotFound(key)
        return self._root / key

    def _whole(self, draft: Draft, content: bytes) -> os.stat_result:
        self._begin(draft)
        draft.write(content)
        return draft.publish()

    async def _in_batches(
        self, draft: Draft, batch: bytes, others: AsyncIterable[bytes]
    ) -> os.stat_result:
        with _translated("put"):
            await asyncio.to_thread(self._begin, draft)
        writer = _Writer(draft)
        try:
            await writer.write(batch)
            async for other in others:
                await writer.write(other)
            await writer.done()
        finally:
            await writer.settled()
        with _translated("put"):
            return await asyncio.to_thread(draft.publish)

    def _begin(self, draft: Draft) -> None:
        if self._swept:
            if not self._root.is_dir():
                # Its disk is gone. What took its place nobody would find, once it is back.
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(self._root))
            draft.begin()
            return
        _sweep(self._root / _DRAFTS)
        draft.begin()
        self._swept = True

    def _page(self, owner: UserId, after: str, limit: int) -> FilePage:
        keys = heapq.nsmallest(limit + 1, (key for key in self._keys(owner) if key > after))
        found: list[StoredFile] = []
        for key in keys[:limit]:
            with suppress(FileNotFoundError):  # Deleted meanwhile.
                found.append(_stored(key, (self._root / key).stat()))
        return FilePage(tuple(found), keys[limit - 1] if len(keys) > limit else None)

    def _keys(self, owner: UserId) -> Iterator[FileKey]:
        for folder in Folder:
            beginning = f"{int(owner)}/{folder}/"
            with suppress(FileNotFoundError):
                for place in (self._root / beginning).iterdir():
                    yield FileKey(beginning + place.name)


async def _batches(chunks: AsyncIterable[bytes], most_bytes: int) -> AsyncGenerator[bytes, None]:
    """Yield at least one; every one but the last has `BATCH` bytes or more."""
    size = waiting = 0
    batch: list[bytes] = []
    async for chunk in chunks:
        size += len(chunk)
        if size > most_bytes:
            raise FileTooLarge(most_bytes)
        batch.append(chunk)
        waiting += len(chunk)
        if waiting >= BATCH:
            yield b"".join(batch)
            batch.clear()
            waiting = 0
    if not size:
        raise FileRefused("Uploaded file is empty")
    if waiting:
        yield b"".join(batch)


class _Writer:
    """Writes one batch while the next one comes; never more than one."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._writing: asyncio.Task[None] | None = None

    async def write(self, content: bytes) -> None:
        await self.done()
        work = asyncio.to_thread(self._draft.write, content)
        self._writing = asyncio.create_task(work, name="write a file")

    async def done(self) -> None:
        writing, self._writing = self._writing, None
        if writing is not None:
            with _translated("put"):
                await writing

    async def settled(self) -> None:
        """Wait for what is left, whatever comes of it."""
        if self._writing is not None:
            await asyncio.wait({self._writing})
            with suppress(OSError, asyncio.CancelledError):
                self._writing.result()


def _stored(key: FileKey, found: os.stat_result) -> StoredFile:
    return StoredFile(key, found.st_size, datetime.fromtimestamp(found.st_mtime, UTC))


def _sweep(drafts: Path) -> None:
    with suppress(FileNotFoundError):
        for path in drafts.iterdir():
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < time.time() - _ABANDONED_S:
                    path.unlink()


@contextmanager
def _translated(operation: str, key: FileKey | None = None) -> Generator[None, None, None]:
    """Turn the system's errors into ours; with a key, a missing file is one that is not there."""
    try:
        yield
    except FileExistsError:
        raise
    except FileNotFoundError as error:
        if key is not None:
            raise FileNotFound(key) from error
        _log.error("file storage failed", operation=operation, missing=str(error.filename))
        raise FilesUnavailable(operation) from error
    except OSError as error:
        _log.error("file storage failed", operation=operation, error=error.strerror)
        why = _WHY.get(error.errno or 0)
        raise (FilesUnavailable(operation, why) if why else FilesUnavailable(operation)) from error
