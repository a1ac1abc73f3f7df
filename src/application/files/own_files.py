"""What a user has stored."""

from application.ports.files import Files
from domain.files.stored import FilePage, StoredFile
from domain.ids import FileKey, UserId


class ListFiles:
    """A page of them."""

    def __init__(self, files: Files) -> None:
        self._files = files

    async def __call__(self, user: UserId, after: FileKey | None, limit: int) -> FilePage:
        """Return the files that come after a key, oldest days first."""
        return await self._files.page(user, after, limit)


class ShowFile:
    """One of them."""

    def __init__(self, files: Files) -> None:
        self._files = files

    async def __call__(self, user: UserId, key: FileKey) -> StoredFile:
        """Return what is known of it.

        Raises:
            FileNotFound: the user has no such file.
        """
        return await self._files.about(user, key)


class DeleteFile:
    """Takes one away, for good; messages that show it show nothing then."""

    def __init__(self, files: Files) -> None:
        self._files = files

    async def __call__(self, user: UserId, key: FileKey) -> None:
        """Remove it.

        Raises:
            FileNotFound: the user has no such file.
        """
        await self._files.delete(user, key)
