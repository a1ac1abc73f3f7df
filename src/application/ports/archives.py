"""Archives of accounts, ours and others'."""

from collections.abc import Iterator
from typing import BinaryIO, Protocol

from domain.transfer.records import Record


class Archives(Protocol):
    """Reads archives; what they are is found out from what is in them."""

    def read(self, file: BinaryIO) -> Iterator[Record]:
        """Yield the records of an archive from its beginning, each checked; may be done again.

        It blocks, so it belongs in a thread. However large the file is, and whatever it unpacks
        to, memory holds one record of our own archives, and one conversation of others', at a time.

        Raises:
            ArchiveRefused: it is none that we know, broken, or not fit to be stored.
            ArchiveTooLarge: there is more in it than is taken.
        """
        ...
