"""How much of an archive is taken, and the count of what was."""

from msgspec import Struct

from domain.transfer.errors import ArchiveTooLarge


class Limits(Struct, frozen=True, kw_only=True):
    """What an operator allows.

    How well a file is packed is no limit: one letter a million times is text too, and an account's
    own. What a bomb does is bounded by these, counted while it unpacks.
    """

    total_bytes: int
    """Of an archive, and of what it unpacks to."""
    record_bytes: int
    """Of one line of our archives, and of one conversation of others'."""
    records: int


class Meter:
    """Counts what comes out of one archive."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._bytes = 0
        self._records = 0

    def unpacked(self, size: int) -> None:
        """Count bytes.

        Raises:
            ArchiveTooLarge: they are more than are taken.
        """
        self._bytes += size
        if self._bytes > self.limits.total_bytes:
            most = f"more than {self.limits.total_bytes} bytes"
            raise ArchiveTooLarge(most, "PARLEY_IMPORT_MAX_BYTES")

    def record(self) -> None:
        """Count a record.

        Raises:
            ArchiveTooLarge: they are more than are taken.
        """
        self._records += 1
        if self._records > self.limits.records:
            most = f"more than {self.limits.records} records"
            raise ArchiveTooLarge(most, "PARLEY_IMPORT_MAX_RECORDS")

    def check_record(self, size: int, place: str) -> None:
        """Refuse a record that is too large.

        Raises:
            ArchiveTooLarge: it is.
        """
        if size > self.limits.record_bytes:
            most = f"longer than {self.limits.record_bytes} bytes"
            raise ArchiveTooLarge(most, "PARLEY_IMPORT_MAX_RECORD_BYTES", place)
