"""Where the content of attachments is: among our own files, or anywhere else."""

from contextlib import aclosing

from application.ports.downloads import MOST_BYTES, Downloaded, Downloads
from application.ports.files import Files
from domain.errors import DownloadTooLarge
from domain.files.content_types import type_of
from domain.files.keys import key_in, name_of
from domain.ids import UserId


class AttachmentSources:
    """Our own files are read as their owner's, never over the network; the rest is downloaded."""

    def __init__(self, downloads: Downloads, files: Files) -> None:
        self._downloads = downloads
        self._files = files

    def check(self, url: str) -> bool:
        """Return whether others can fetch it too; asks nobody.

        Raises:
            DownloadRefused: an address elsewhere that is not for this server to fetch.
        """
        return key_in(url) is None and self._downloads.check(url)

    async def version(self, user: UserId, url: str) -> str:
        """Return what changes when the content does, as far as that is seen without fetching it.

        Raises:
            FileNotFound: the user has no such file of ours.
        """
        key = key_in(url)
        if key is None:
            return ""
        found = await self._files.about(user, key)
        return f"{found.stored_at.isoformat()} {found.size_bytes}"

    async def fetch(self, user: UserId, url: str, most_bytes: int = MOST_BYTES) -> Downloaded:
        """Return the content.

        Raises:
            FileNotFound: the user has no such file of ours.
            DownloadTooLarge: there is more of it than that.
            ParleyError: as `Downloads.fetch`.
        """
        key = key_in(url)
        if key is None:
            return await self._downloads.fetch(url, most_bytes)
        found = await self._files.about(user, key)
        if found.size_bytes > most_bytes:
            raise DownloadTooLarge(name_of(key), most_bytes)
        async with aclosing(self._files.read(user, key)) as chunks:
            content = b"".join([chunk async for chunk in chunks])
        return Downloaded(content, *type_of(content, found.mime_type))
