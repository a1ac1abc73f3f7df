"""What is known of a stored file."""

from datetime import datetime

from msgspec import Struct

from domain.files.keys import name_of, owner_of
from domain.files.kinds import kind_of
from domain.ids import FileKey, UserId

UNKNOWN_KIND = "application/octet-stream"
_SHOWN = ("image/", "audio/", "video/")
"""What a page may show where it is; anything else, a PDF too, is for saving."""


class StoredFile(Struct, frozen=True):
    """A file, whole; its content never changes under its key."""

    key: FileKey
    size_bytes: int
    stored_at: datetime

    @property
    def owner(self) -> UserId:
        """Whose it is."""
        return owner_of(self.key)

    @property
    def name(self) -> str:
        """What its owner calls it."""
        return name_of(self.key)

    @property
    def mime_type(self) -> str:
        """What it is, by the extension with which it was stored."""
        return mime_type_of(self.key)

    @property
    def disposition(self) -> str:
        """What a browser is to do with it, as a header."""
        return disposition_of(self.key)


class FilePage(Struct, frozen=True):
    """Some files of an owner, by ascending key: oldest days first."""

    files: tuple[StoredFile, ...]
    next: FileKey | None = None
    """Where the following page begins: after this key; None: there is none."""


def mime_type_of(key: FileKey) -> str:
    """Return what a file is, by the extension with which it was stored."""
    return kind_of(key) or UNKNOWN_KIND


def disposition_of(key: FileKey) -> str:
    """Return what a browser is to do with a file, as a header; the name in it is plain ASCII."""
    kind = "inline" if mime_type_of(key).startswith(_SHOWN) else "attachment"
    return f'{kind}; filename="{name_of(key)}"'
