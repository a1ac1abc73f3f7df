"""Zips that nobody vouches for."""

import re
import stat
import zipfile
from collections.abc import Iterator
from typing import IO, Any, BinaryIO, cast

from domain.transfer.errors import ArchiveRefused

_LISTING_BYTES = 4 * 1024 * 1024
"""Of the zip's list of entries, all of which `zipfile` has in memory: some 30 000 entries."""
_WANTED = re.compile(r"(?:.*/)?(?:conversations(?:-\d{1,6})?\.json|[^/._][^/]*\.jsonl)")
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1


def zip_entries(file: BinaryIO) -> Iterator[tuple[str, BinaryIO]]:
    """Yield name and content of each entry that may be an archive, by name.

    The others are never unpacked.

    Raises:
        ArchiveRefused: the zip is broken, or made in a way that no honest one is.
    """
    try:
        opened = zipfile.ZipFile(cast("IO[bytes]", _Bounded(file)))
        wanted = _checked(opened.infolist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise ArchiveRefused("the zip is damaged, or of a kind nobody writes") from error
    with opened:
        for entry in wanted:
            try:
                stream = opened.open(entry)
            except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError) as error:
                raise ArchiveRefused("it cannot be unpacked", entry.filename) from error
            with stream:
                yield entry.filename, cast("BinaryIO", stream)


class _Bounded:
    """A file that refuses to be read in pieces beyond all reason."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def read(self, size: int = -1, /) -> bytes:
        most = _LISTING_BYTES + 1
        piece = self._file.read(most if size < 0 else min(size, most))
        if len(piece) == most:
            raise ArchiveRefused("the zip has too many entries")
        return piece

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def _checked(entries: list[zipfile.ZipInfo]) -> list[zipfile.ZipInfo]:
    for entry in entries:
        _check_name(entry.orig_filename)
        if entry.flag_bits & _ENCRYPTED:
            raise ArchiveRefused("the zip is encrypted; unpack it, and send what is in it")
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise ArchiveRefused("the zip has links to elsewhere in it")
    wanted = [entry for entry in entries if _WANTED.fullmatch(entry.filename)]
    if not wanted:
        raise ArchiveRefused("there is no conversations.json in the zip, and no archive of Parley")
    if any(entry.compress_type not in _METHODS for entry in wanted):
        raise ArchiveRefused("the zip is packed by another method than deflate")
    if len({entry.filename for entry in wanted}) < len(wanted):
        raise ArchiveRefused("the zip has two entries of one name")
    return sorted(wanted, key=lambda entry: entry.filename)


def _check_name(name: str) -> None:
    parts = name.replace("\\", "/").split("/")
    if "\0" in name or ".." in parts or parts[0] == "" or ":" in parts[0]:
        raise ArchiveRefused("the zip has names in it that lead out of their folder")
