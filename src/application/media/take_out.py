"""Content that its owner wants now and not kept."""

from contextlib import aclosing

from msgspec import Struct

from application.ports.files import Files
from domain.errors import FileNotFound
from domain.files.keys import key_in
from domain.ids import FileKey, UserId


class TakenOut(Struct, frozen=True):
    """What was in a file."""

    content: bytes
    mime_type: str


class TakeOut:
    """Reads a file that was stored for the time being, and removes it."""

    def __init__(self, files: Files) -> None:
        self._files = files

    async def __call__(self, owner: UserId, address: str) -> TakenOut:
        """Return the content; the file is gone then.

        Raises:
            FileNotFound: there is no such file of the owner.
            FilesUnavailable: it could not be read.
        """
        key = key_in(address)
        if key is None:
            raise FileNotFound(FileKey(address))
        about = await self._files.about(owner, key)
        async with aclosing(self._files.read(owner, key)) as pieces:
            content = b"".join([piece async for piece in pieces])
        await self._files.delete(owner, key)
        return TakenOut(content, about.mime_type)
