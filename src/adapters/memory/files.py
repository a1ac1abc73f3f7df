"""Files in a dictionary."""

from collections.abc import AsyncGenerator, AsyncIterable

from application.ports.clock import Clock
from application.ports.files import PAGE, Files
from domain.errors import AlreadyExists, FileNotFound, FileRefused, FileTooLarge
from domain.files.keys import owner_of
from domain.files.stored import FilePage, StoredFile
from domain.ids import FileKey, UserId
from domain.storage_errors import FilesUnavailable

_CHUNK = 65_536


class MemoryFiles(Files):
    """Holds files as long as this object lives; a test takes the place away by `away = True`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._contents: dict[FileKey, bytes] = {}
        self._stored: dict[FileKey, StoredFile] = {}
        self.away = False
        self.asked: list[FileKey] = []
        """The keys that were read, in order."""

    async def put(self, key: FileKey, chunks: AsyncIterable[bytes], most_bytes: int) -> StoredFile:
        self._reach("put")
        found = bytearray()
        async for chunk in chunks:
            found += chunk
            if len(found) > most_bytes:
                raise FileTooLarge(most_bytes)
        if not found:
            raise FileRefused("Uploaded file is empty")
        if key in self._contents:
            raise AlreadyExists(f"There is a file under this name already: {key}")
        stored = StoredFile(key, len(found), self._clock.now())
        self._contents[key], self._stored[key] = bytes(found), stored
        return stored

    async def about(self, owner: UserId, key: FileKey) -> StoredFile:
        self._reach("look up")
        if owner_of(key) != owner or key not in self._stored:
            raise FileNotFound(key)
        return self._stored[key]

    async def read(
        self, owner: UserId, key: FileKey, first: int = 0, last: int | None = None
    ) -> AsyncGenerator[bytes, None]:
        await self.about(owner, key)
        self.asked.append(key)
        content = self._contents[key][first : None if last is None else last + 1]
        for start in range(0, len(content), _CHUNK):
            yield content[start : start + _CHUNK]

    async def page(
        self, owner: UserId, after: FileKey | None = None, limit: int = PAGE
    ) -> FilePage:
        self._reach("list")
        keys = sorted(k for k in self._stored if owner_of(k) == owner and k > (after or ""))
        found = tuple(self._stored[key] for key in keys[:limit])
        return FilePage(found, found[-1].key if len(keys) > limit else None)

    async def delete(self, owner: UserId, key: FileKey) -> None:
        await self.about(owner, key)
        del self._contents[key], self._stored[key]

    async def delete_all(self, owner: UserId) -> None:
        self._reach("delete")
        for key in [key for key in self._stored if owner_of(key) == owner]:
            del self._contents[key], self._stored[key]

    async def direct_link(self, file: StoredFile, seconds: int) -> str | None:
        return None

    def _reach(self, operation: str) -> None:
        if self.away:
            raise FilesUnavailable(operation)
