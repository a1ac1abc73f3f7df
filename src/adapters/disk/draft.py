"""A file on its way to its place: it is there as a whole, or there is nothing."""

import errno
import os
import secrets
import threading
from io import BufferedWriter
from pathlib import Path


class Draft:
    """Written beside the place where it is to be; made for threads, which do not stop halfway.

    A caller who is cancelled leaves a thread behind that still works. Every step takes the lock,
    so that discarding comes after it and undoes whatever it did; no step begins after that.
    """

    def __init__(self, folder: Path, place: Path) -> None:
        """Touch nothing yet.

        Args:
            folder: where drafts are; on the same file system as the place.
            place: where the file is to be.
        """
        self._place = place
        self._path = folder / secrets.token_hex(16)
        self._lock = threading.Lock()
        self._file: BufferedWriter | None = None
        self._published = False
        self._over = False

    def begin(self) -> None:
        """Make the draft, readable by its owner only."""
        with self._lock:
            if self._over:
                return
            _make(self._path.parent)
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            self._file = os.fdopen(descriptor, "wb")

    def write(self, content: bytes) -> None:
        """Add to the end."""
        with self._lock:
            if self._file is not None:
                self._file.write(content)

    def publish(self) -> os.stat_result:
        """Put the file into its place, on the disk itself; return what is known of it.

        Raises:
            FileExistsError: there is a file, which stays.
            FileNotFoundError: the draft was discarded.
        """
        with self._lock:
            file, self._file = self._file, None
            if file is None:
                raise FileNotFoundError(self._path)
            with file:
                file.flush()
                os.fsync(file.fileno())
                found = os.fstat(file.fileno())
            _make(self._place.parent)
            # A rename would replace what is there; a link never does.
            self._place.hardlink_to(self._path)
            self._published = True
            self._path.unlink()
            _sync(self._place.parent)
            return found

    def discard(self) -> None:
        """Leave nothing of it, published or not."""
        with self._lock:
            self._over = True
            if self._file is not None:
                self._file.close()
                self._file = None
            self._path.unlink(missing_ok=True)
            if self._published:
                self._place.unlink(missing_ok=True)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except FileExistsError as error:
        # Not the file that is to be stored is there already, but something in the folder's place.
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder)) from error


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
