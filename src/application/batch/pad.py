"""Records that are too many for memory, for as long as they are being worked on."""

import asyncio
from array import array
from collections.abc import Sequence
from typing import BinaryIO

from domain.storage_errors import NoRoom, StorageUnavailable


class Pad:
    """Takes records as they come and gives them back in any order; only their places are held."""

    def __init__(self, file: BinaryIO) -> None:
        """Take an empty file, open for both."""
        self._file = file
        self._ends = array("Q", [0])

    async def add(self, records: Sequence[bytes]) -> None:
        """Add records at the end; the first ever has number 0.

        Raises:
            NoRoom: there is none.
        """
        end = self._ends[-1]
        try:
            await asyncio.to_thread(self._write, end, b"".join(records))
        except OSError as error:
            raise NoRoom("keep results") from error
        for record in records:
            end += len(record)
            self._ends.append(end)

    async def read(self, numbers: Sequence[int]) -> list[bytes]:
        """Return the records with these numbers, in the order of the numbers.

        Raises:
            StorageUnavailable: the file cannot be read.
        """
        try:
            return await asyncio.to_thread(self._read, numbers)
        except OSError as error:
            raise StorageUnavailable("keep results") from error

    def _write(self, place: int, content: bytes) -> None:
        self._file.seek(place)
        self._file.write(content)

    def _read(self, numbers: Sequence[int]) -> list[bytes]:
        found: list[bytes] = []
        for number in numbers:
            start, end = self._ends[number], self._ends[number + 1]
            self._file.seek(start)
            found.append(self._file.read(end - start))
        return found
