"""A file that is being read by threads."""

import threading
from io import BufferedReader
from pathlib import Path


class Reading:
    """Reads on from a place; closing waits for a thread whose caller did not."""

    def __init__(self, path: Path) -> None:
        """Touch nothing yet."""
        self._path = path
        self._lock = threading.Lock()
        self._file: BufferedReader | None = None
        self._over = False

    def open(self, first: int) -> None:
        """Open the file at a byte.

        Raises:
            FileNotFoundError: there is none.
        """
        with self._lock:
            if not self._over:
                self._file = self._path.open("rb")
                self._file.seek(first)

    def read(self, size: int) -> bytes:
        """Return the next bytes; none at the end."""
        with self._lock:
            return b"" if self._file is None else self._file.read(size)

    def close(self) -> None:
        """Let go of the file, for good."""
        with self._lock:
            self._over = True
            if self._file is not None:
                self._file.close()
                self._file = None
