"""A part of a file that is being read by threads."""

import threading
from io import BufferedReader
from pathlib import Path


class Reading:
    """Reads on, opens with the first piece and closes behind the last.

    A caller who is cancelled leaves a thread behind that still reads; closing waits for it.
    """

    def __init__(self, path: Path, first: int, last: int | None) -> None:
        """Touch nothing yet.

        Args:
            path: of the file.
            first: byte to be read.
            last: byte to be read; the end of the file when left out.
        """
        self._path = path
        self._first = first
        self._left = None if last is None else max(0, last + 1 - first)
        self._lock = threading.Lock()
        self._file: BufferedReader | None = None
        self.over = False
        """Nothing more comes, and the file is closed."""

    def next(self, size: int) -> bytes:
        """Return at most so many more bytes; none at the end.

        Raises:
            FileNotFoundError: there is no such file.
        """
        with self._lock:
            if self.over:
                return b""
            if self._file is None:
                self._file = self._path.open("rb")
                self._file.seek(self._first)
            wanted = size if self._left is None else min(size, self._left)
            found = self._file.read(wanted)
            if self._left is not None:
                self._left -= len(found)
            if len(found) < size or self._left == 0:
                self._close()
            return found

    def close(self) -> None:
        """Let go of the file, for good."""
        with self._lock:
            self._close()

    def _close(self) -> None:
        self.over = True
        if self._file is not None:
            self._file.close()
            self._file = None
