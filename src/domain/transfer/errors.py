"""What can go wrong when an account moves.

    ArchiveError
    ├── ArchiveRefused                 nothing of it is stored
    │   └── ArchiveTooLarge
    ├── ImportRunning
    └── ArchiveChanged                 what an interrupted export began is out of date

Texts name places in an archive and fields of records, for whoever sent it.
"""

from domain.errors import InvalidRequest


class ArchiveError(InvalidRequest):
    """Something is wrong with an archive."""


class ArchiveRefused(ArchiveError):
    """An archive that cannot be taken; nothing of it was stored. `place` is where in it."""

    code = "archive_refused"

    def __init__(self, why: str, place: str | None = None) -> None:
        super().__init__(f"The archive is refused: {f'{place}: ' if place else ''}{why}", "archive")
        self.why = why
        self.place = place


class ArchiveTooLarge(ArchiveRefused):
    """There is more in the archive than this server takes; `limit` names the setting."""

    code = "archive_too_large"

    def __init__(self, why: str, limit: str, place: str | None = None) -> None:
        super().__init__(f"{why} ({limit})", place)
        self.limit = limit


class ImportRunning(ArchiveError):
    """The user's last archive is still being received or stored."""

    code = "import_running"

    def __init__(self) -> None:
        super().__init__("An import of this account is running; wait for it to end")


class ArchiveChanged(ArchiveError):
    """The account is not any more what the first part of an archive says of it."""

    code = "archive_changed"

    def __init__(self) -> None:
        super().__init__(
            "The account has changed since this archive was begun; export it anew", "after"
        )
