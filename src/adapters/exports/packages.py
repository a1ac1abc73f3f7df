"""Files as they are received: plain, packed by gzip, or in a zip beside much else."""

import gzip
import io
import zipfile
import zlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, cast

from adapters.exports.limits import Meter
from adapters.exports.zips import zip_entries
from domain.transfer.errors import ArchiveRefused

_GZIP = b"\x1f\x8b"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_UTF8_MARK = b"\xef\xbb\xbf"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_BUFFER = 256 * 1024


class Document:
    """One text of an archive, read once from its beginning."""

    def __init__(self, name: str | None, text: "io.BufferedReader[Any]") -> None:
        self.name = name
        self.text = text

    def place(self, detail: str) -> str:
        """Return where a detail is, for the eyes of whoever sent the archive."""
        return detail if self.name is None else f"{self.name[:100]}, {detail}"


def documents(file: BinaryIO, meter: Meter) -> Iterator[Document]:
    """Yield the texts in a file; each must be read before the next is asked for.

    Raises:
        ArchiveRefused: the file cannot be read, or is packed in a way that no honest one is.
        ArchiveTooLarge: more comes out of it than is taken.
    """
    file.seek(0)
    start = file.read(4)
    file.seek(0)
    if start.startswith(_ZIP):
        for name, stream in zip_entries(file):
            yield _document(name, _Counted(stream, meter, name))
    elif start.startswith(_GZIP):
        with gzip.GzipFile(fileobj=file, mode="rb") as stream:
            yield _document(None, _Counted(cast("BinaryIO", stream), meter, "the file"))
    else:
        yield _document(None, _Counted(file, meter, "the file"))


class _Counted(io.RawIOBase):
    """Counts what comes out of a stream, and says in our words what is wrong with it."""

    def __init__(self, source: BinaryIO, meter: Meter, place: str) -> None:
        super().__init__()
        self._source = source
        self._meter = meter
        self._place = place

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any, /) -> int:
        """Read some, and count it."""
        room = memoryview(buffer)
        with _in_our_words(self._place):
            piece = self._source.read(len(room))
        room[: len(piece)] = piece
        self._meter.unpacked(len(piece))
        return len(piece)


@contextmanager
def _in_our_words(place: str) -> Generator[None]:
    try:
        yield
    except EOFError:
        raise ArchiveRefused("it breaks off", place) from None
    except (zipfile.BadZipFile, zlib.error, OSError, ValueError, RuntimeError) as error:
        raise ArchiveRefused("it is damaged, and cannot be unpacked", place) from error


def _document(name: str | None, counted: _Counted) -> Document:
    text: io.BufferedReader[Any] = io.BufferedReader(counted, _BUFFER)
    document = Document(name, text)
    start = text.peek(4)[:4]
    if not start:
        raise ArchiveRefused("it is empty", name)
    if start.startswith((_GZIP, *_ZIP)):
        raise ArchiveRefused("it is packed twice; unpack the outer one", name)
    if start.startswith(_UTF16_MARKS) or 0 in start:
        raise ArchiveRefused("it is no UTF-8 text (UTF-16, perhaps)", name)
    if start.startswith(_UTF8_MARK):
        text.read(len(_UTF8_MARK))
    return document
