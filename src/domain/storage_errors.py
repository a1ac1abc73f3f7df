"""What can go wrong with what is kept, and where it is kept.

    StorageError
    ├── StorageUnavailable
    │   ├── TransactionLost        undone; the same work may go through
    │   └── NoRoom                 on the disk, for what is on its way
    ├── StorageRefused             the operator can mend it
    ├── OutcomeUnknown             whether it was stored, nobody can say
    └── FilesUnavailable           where files are kept, not the database

What the database itself said is in the log only.
"""

from domain.errors import ParleyError


class StorageError(ParleyError):
    """The database refused an operation; details are in the log only."""

    code = "storage_error"

    def __init__(self, operation: str, message: str = "Database operation failed") -> None:
        super().__init__(message)
        self.operation = operation


class StorageUnavailable(StorageError):
    """The database cannot be reached, or has no connection to spare."""

    code = "storage_unavailable"

    def __init__(
        self,
        operation: str,
        message: str = "The database is not available; try again in a moment",
    ) -> None:
        super().__init__(operation, message)


class StorageRefused(StorageError):
    """Nothing is stored until the operator has mended what the text says: a full disk, say."""

    code = "storage_refused"

    def __init__(self, operation: str, why: str) -> None:
        super().__init__(operation, f"The database refuses this: {why}")


class FilesUnavailable(StorageError):
    """The place where files are kept cannot be reached, or has no room; the log has the details."""

    code = "files_unavailable"

    def __init__(
        self,
        operation: str,
        message: str = "The file storage is not available; try again in a moment",
    ) -> None:
        super().__init__(operation, message)


class NoRoom(StorageUnavailable):
    """What comes in cannot be laid down until all of it is there."""

    def __init__(self, operation: str) -> None:
        text = "The server has no room to receive this at the moment; try again once it has"
        super().__init__(operation, text)


class TransactionLost(StorageUnavailable):
    """The database undid the transaction, or was lost before its commit: nothing is stored."""


class OutcomeUnknown(StorageError):
    """The database was lost while it committed: all of it is stored, or nothing."""

    code = "storage_outcome_unknown"

    def __init__(self, operation: str) -> None:
        text = "The database was lost while it stored this; look before you send it again"
        super().__init__(operation, text)
