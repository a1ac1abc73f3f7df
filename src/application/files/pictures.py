"""How large a picture is, before anybody opens it."""

from io import BytesIO

import imagesize  # pyright: ignore[reportMissingTypeStubs] - it has annotations of its own

from domain.errors import FileRefused

MOST_PIXELS = 100_000_000
"""Opened, such a picture takes 400 MB."""


def check_picture(beginning: bytes, *, whole: bool = True) -> bool:
    """Return whether the beginning of a picture says its size; with `whole` it has to.

    Only the header is read: a small file may unpack to a picture of any size.

    Raises:
        FileRefused: there are too many pixels, or it does not say how many.
    """
    width, height = imagesize.get(BytesIO(beginning), exif_rotation=False)  # pyright: ignore[reportUnknownMemberType] - an open PathLike among what it takes
    if width <= 0 or height <= 0:
        if whole:
            raise FileRefused("The picture does not say its size")
        return False
    if width * height > MOST_PIXELS:
        raise FileRefused(
            f"The picture has {width} x {height} pixels;"
            f" {MOST_PIXELS // 1_000_000} million in all are the most"
        )
    return True
