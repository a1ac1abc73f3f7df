"""Pictures that are made and kept."""

from msgspec import Struct

from application.files.keep_file import KeepFile
from application.media.make_images import MakeImages
from domain.files.keys import address_of
from domain.ids import UserId
from domain.media import ImageOrder, Picture
from domain.media_wishes import ImageWish

NAME = "image.png"
"""The contract's; it gets the ending that fits."""
MOST_BYTES = 50_000_000


class KeptPictures(Struct, frozen=True):
    """Where pictures are, and how they were ordered."""

    order: ImageOrder
    addresses: tuple[str, ...]
    """As messages keep them; at least one."""


class KeepPictures:
    """Stores pictures among the files of their owner."""

    def __init__(self, keep: KeepFile) -> None:
        self._keep = keep

    async def __call__(self, owner: UserId, pictures: tuple[Picture, ...]) -> tuple[str, ...]:
        """Return the addresses of the pictures, in order.

        Raises:
            FileRefused: one is of a kind that is not kept, or too large.
            FilesUnavailable: one could not be stored.
        """
        kept = [
            await self._keep(owner, NAME, one.mime_type, one.content, MOST_BYTES)
            for one in pictures
        ]
        return tuple(address_of(file.key) for file in kept)


class DrawPictures:
    """Makes pictures and keeps them."""

    def __init__(self, make: MakeImages, keep: KeepPictures) -> None:
        self._make = make
        self._keep = keep

    async def __call__(self, user: UserId, wish: ImageWish) -> KeptPictures:
        """Return where the pictures are.

        Raises:
            ParleyError: as `MakeImages` and `KeepPictures`.
        """
        drawn = await self._make(user, wish)
        return KeptPictures(drawn.order, await self._keep(user, drawn.pictures))
