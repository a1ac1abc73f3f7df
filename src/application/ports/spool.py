"""Room for a file that is being received."""

from contextlib import AbstractAsyncContextManager
from typing import BinaryIO, Protocol


class Spool(Protocol):
    """Keeps what is too large for memory until it has been looked at."""

    def room(self) -> AbstractAsyncContextManager[BinaryIO]:
        """Give an empty file, which is gone when the block is left or the process dies.

        Raises:
            NoRoom: there is none.
        """
        ...
