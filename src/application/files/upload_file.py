"""A file from a user."""

from collections.abc import AsyncIterable, Callable
from contextlib import aclosing

from application.files.accept import accepted, uploadable
from application.files.keep_file import KeepFile, random_part
from application.ports.clock import Clock
from application.ports.files import Files
from domain.errors import FileRefused
from domain.files.keys import exact_key, fresh_key, safe_name
from domain.files.kinds import KINDS
from domain.files.stored import StoredFile
from domain.ids import UserId


class UploadFile:
    """Stores an upload under its owner, if it is what its name says and not too large."""

    def __init__(self, keep: KeepFile, files: Files, clock: Clock, most_bytes: int) -> None:
        self._keep = keep
        self._files = files
        self._clock = clock
        self.most_bytes = most_bytes

    async def __call__(
        self,
        owner: UserId,
        name: str,
        chunks: AsyncIterable[bytes],
        chosen_name: Callable[[], str | None],
    ) -> StoredFile:
        """Return the stored file. Whatever goes wrong, nothing is left of it.

        Args:
            owner: whose it is.
            name: what the owner calls it; says by its extension what it is.
            chunks: the content; what they raise is passed on.
            chosen_name: asked at the end of the chunks: the whole name that the file is to have
                in place of one that nobody can guess; None for no such wish.

        Raises:
            FileRefused: files of this kind are not taken, or it is empty or something else.
            FileTooLarge: there is more of it than one file may have.
            AlreadyExists: the owner has a file of the chosen name.
            AccountNotFound: the owner's account ended meanwhile.
            FilesUnavailable: it could not be stored.
        """
        name = safe_name(name)  # Under which it is kept: that one says what it is.
        extension = uploadable(name)
        key = fresh_key(owner, name, self._clock.now().date(), random_part())
        async with aclosing(accepted(extension, chunks)) as content:
            stored = await self._keep.under(key, content, self.most_bytes)
        try:
            chosen = chosen_name()
            if chosen is not None:
                return await self._copied(stored, extension, chosen)
        except BaseException:
            await self._files.delete(owner, key)
            raise
        return stored

    async def _copied(self, stored: StoredFile, extension: str, name: str) -> StoredFile:
        name = safe_name(name)
        if KINDS[uploadable(name)] != KINDS[extension]:
            raise FileRefused(f"The content is not that of {name[:80]}", "force_filename")
        owner, place = stored.owner, exact_key(stored.owner, name)
        async with aclosing(self._files.read(owner, stored.key)) as content:
            found = await self._keep.under(place, content, self.most_bytes)
        await self._files.delete(owner, stored.key)
        return found
