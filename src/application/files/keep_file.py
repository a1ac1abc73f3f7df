"""A new file, under a key of its own."""

import secrets
from collections.abc import AsyncIterable, AsyncIterator

from application.ports.clock import Clock
from application.ports.files import Files
from application.ports.unit_of_work import UnitOfWork
from domain.errors import AccountNotFound, FileRefused
from domain.files.keys import Folder, fresh_key
from domain.files.kinds import named
from domain.files.stored import StoredFile
from domain.ids import FileKey, UserId


class KeepFile:
    """Stores what is made, fetched or uploaded for a user."""

    def __init__(self, files: Files, work: UnitOfWork, clock: Clock) -> None:
        self._files = files
        self._work = work
        self._clock = clock

    async def __call__(
        self,
        owner: UserId,
        name: str,
        mime_type: str,
        content: bytes | AsyncIterable[bytes],
        most_bytes: int,
        folder: Folder = Folder.CHAT,
    ) -> StoredFile:
        """Return the stored file; `FileLinks.link` of its key opens it.

        Args:
            owner: whose it is.
            name: what the owner will see; it gets the ending that files of its type have.
            mime_type: what it is, by its content.
            content: the whole of it, or what yields it in chunks.
            most_bytes: more of it is refused.
            folder: where it goes.

        Raises:
            FileRefused: files of the type are not kept, or there is nothing in it.
            FileTooLarge: it is larger than `most_bytes`; nothing is left of it.
            AccountNotFound: the owner's account ended meanwhile; nothing is left of the file.
            FilesUnavailable: it could not be stored.
        """
        fitting = named(name, mime_type)
        if fitting is None:
            raise FileRefused(f"Files of the type {mime_type[:80]} are not kept")
        key = fresh_key(owner, fitting, self._clock.now().date(), random_part(), folder)
        chunks = _once(content) if isinstance(content, bytes) else content
        return await self.under(key, chunks, most_bytes)

    async def under(
        self, key: FileKey, chunks: AsyncIterable[bytes], most_bytes: int
    ) -> StoredFile:
        """Store a file under a key that is given; else as above.

        Raises:
            AlreadyExists: there is a file under the key.
        """
        stored = await self._files.put(key, chunks, most_bytes)
        try:
            # The files of an account that ends are removed once; one that was still on its way
            # then must not come after that.
            async with self._work() as db:
                await db.accounts.get(stored.owner)
        except AccountNotFound:
            await self._files.delete(stored.owner, key)
            raise
        return stored


def random_part() -> str:
    """Return what nobody can guess of a key: 128 random bits."""
    return secrets.token_hex(16)


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content
