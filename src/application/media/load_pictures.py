"""The pictures that an order is made from."""

from contextlib import aclosing

from application.ports.downloads import MOST_BYTES, Downloads
from application.ports.files import Files
from domain.errors import InvalidRequest
from domain.files.content_types import shown_type
from domain.files.keys import key_in
from domain.ids import UserId
from domain.media import Picture

KINDS = ("image/png", "image/jpeg", "image/webp", "image/gif")


class LoadPictures:
    """Of the user's own files through the port, of anything else through the one way out."""

    def __init__(self, downloads: Downloads, files: Files) -> None:
        self._downloads = downloads
        self._files = files

    async def __call__(
        self, user: UserId, urls: tuple[str, ...], field: str = "image_url"
    ) -> tuple[Picture, ...]:
        """Return the pictures behind addresses, links of ours and data URLs, in order.

        Args:
            user: who asks.
            urls: where they are.
            field: where the client named them; for errors.

        Raises:
            FileNotFound: a file of ours that the user does not have.
            DownloadRefused: an address that this server does not fetch.
            DownloadFailed: there is nothing to be had there.
            InvalidRequest: what is there is no picture, or too large.
        """
        try:
            return tuple([await self._picture(user, url) for url in urls])
        except InvalidRequest as error:
            error.field = error.field or field
            raise

    async def _picture(self, user: UserId, url: str) -> Picture:
        key = key_in(url)
        if key is None:
            content = (await self._downloads.fetch(url, MOST_BYTES)).content
        else:
            size = (await self._files.about(user, key)).size_bytes
            if size > MOST_BYTES:
                raise InvalidRequest(f"a picture has at most {MOST_BYTES:,} bytes")
            async with aclosing(self._files.read(user, key)) as pieces:
                content = b"".join([piece async for piece in pieces])
        kind = shown_type(content)
        if kind not in KINDS:
            known = ", ".join(kind.removeprefix("image/") for kind in KINDS)
            raise InvalidRequest(f"the input image must be a picture ({known})")
        return Picture(content, kind)
