"""Blobs: what users upload, and what is made for them."""

from collections.abc import AsyncGenerator, AsyncIterable
from typing import Protocol

from domain.files.stored import FilePage, StoredFile
from domain.ids import FileKey, UserId

PAGE = 100


class Files(Protocol):
    """Files under keys that begin with their owner (`domain/files/keys.py` makes them).

    A file is there as a whole or not at all, and is never changed. Every method that names an
    owner treats a key of somebody else as one that does not exist.

    Raises:
        FilesUnavailable: any failure of the place itself; never a driver's exception.
    """

    async def put(self, key: FileKey, chunks: AsyncIterable[bytes], most_bytes: int) -> StoredFile:
        """Store the chunks as they come, holding only some of them in memory.

        Whatever ends it early (a failing source, too many bytes, cancellation) leaves nothing.

        Raises:
            AlreadyExists: there is a file under the key, which stays as it is.
            FileRefused: there is nothing in the chunks.
            FileTooLarge: there are more than `most_bytes`; the source is not read further.
        """
        ...

    async def about(self, owner: UserId, key: FileKey) -> StoredFile:
        """Return what is known of a file.

        Raises:
            FileNotFound: the owner has no such file.
        """
        ...

    def read(
        self, owner: UserId, key: FileKey, first: int = 0, last: int | None = None
    ) -> AsyncGenerator[bytes, None]:
        """Yield the content in chunks, from byte `first` to byte `last`, both included.

        Past the end there is nothing. Closing the generator early lets go of the file.

        Raises:
            FileNotFound: the owner has no such file; raised before the first chunk.
        """
        ...

    async def page(
        self, owner: UserId, after: FileKey | None = None, limit: int = PAGE
    ) -> FilePage:
        """Return files of the owner by ascending key, from the one after `after` on."""
        ...

    async def delete(self, owner: UserId, key: FileKey) -> None:
        """Remove a file.

        Raises:
            FileNotFound: the owner has no such file.
        """
        ...

    async def delete_all(self, owner: UserId) -> None:
        """Remove every file of the owner. Safe to repeat; having none is no error."""
        ...

    async def direct_link(self, file: StoredFile, seconds: int) -> str | None:
        """Return a URL that gives anybody the content without this server, for some time.

        None: only this server gives it.
        """
        ...
