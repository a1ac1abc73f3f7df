"""A log that a client has written of itself."""

from collections.abc import AsyncIterable

from application.files.keep_file import KeepFile
from application.ports.clock import Clock
from domain.files.keys import log_key
from domain.files.stored import StoredFile
from domain.ids import UserId


class UploadLog:
    """Stores it with its owner's files, so that it ends with the account."""

    def __init__(self, keep: KeepFile, clock: Clock, most_bytes: int) -> None:
        self._keep = keep
        self._clock = clock
        self.most_bytes = most_bytes

    async def __call__(self, owner: UserId, name: str, chunks: AsyncIterable[bytes]) -> StoredFile:
        """Return the stored log. Whatever goes wrong, nothing is left of it.

        Args:
            owner: whose client it is.
            name: what the client calls it.
            chunks: the content; what they raise is passed on.

        Raises:
            FileRefused: it is empty.
            FileTooLarge: there is more of it than one file may have.
            AlreadyExists: the client sent another of that name within a second.
            AccountNotFound: the owner's account ended meanwhile.
            FilesUnavailable: it could not be stored.
        """
        key = log_key(owner, name, self._clock.now())
        return await self._keep.under(key, chunks, self.most_bytes)
