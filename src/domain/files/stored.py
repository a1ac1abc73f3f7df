"""What is known of a stored file."""

from datetime import datetime

from msgspec import Struct

from domain.files.keys import name_of, owner_of
from domain.files.kinds import kind_of
from domain.ids import FileKey, UserId

UNKNOWN_KIND = "application/octet-stream"


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
        return kind_of(self.key) or UNKNOWN_KIND


class FilePage(Struct, frozen=True):
    """Some files of an owner, by ascending key: oldest days first."""

    files: tuple[StoredFile, ...]
    next: FileKey | None = None
    """Where the following page begins: after this key; None: there is none."""
