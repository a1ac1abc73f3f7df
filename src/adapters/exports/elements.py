"""The elements of a JSON array that may be larger than memory.

Libraries that read JSON piece by piece build whatever they find, and a hostile text is a hundred
times larger as objects. So the text is only cut here, with depth and size counted, and each
element is then decoded as the type that is wanted of it, which passes over everything else.
"""

import re
from collections.abc import Iterator

from adapters.exports.limits import Meter
from adapters.exports.packages import Document
from domain.transfer.errors import ArchiveRefused

DEPTH = 100
"""Deeper than any export nests its objects."""
PARTS = 2_000_000
"""Objects, lists and texts of one element: more than the largest conversation has."""
_PIECE = 256 * 1024

_IN_TEXT = re.compile(rb'["\\]')
_IN_ARRAY = re.compile(rb'["\[\]{},]')
_DEEPER = re.compile(rb'["\[\]{}]')


def elements(document: Document, meter: Meter) -> Iterator[tuple[bytes, str]]:
    """Yield each element of the array as text, and where it is.

    Raises:
        ArchiveRefused: it is no array, breaks off, or is nested too deep.
        ArchiveTooLarge: an element is longer than a record may be.
    """
    cutter = _Cutter()
    number, found = 1, bytearray()
    while piece := document.text.read(_PIECE):
        start = 0
        for end in cutter.cuts(piece):
            found += piece[max(start, cutter.skipped) : end]
            start = end + 1
            place = document.place(f"conversation {number}")
            meter.check_record(len(found), place)
            if found.strip() or number > 1 or not cutter.ended:
                yield bytes(found), place
            number += 1
            found.clear()
            cutter.next_element()
        if cutter.begun and not cutter.ended:
            found += piece[max(start, cutter.skipped) :]
            meter.check_record(len(found), document.place(f"conversation {number}"))
        cutter.skipped = 0
    if not cutter.ended:
        raise ArchiveRefused("it breaks off", document.name)


class _Cutter:
    """Finds the commas and the end of the outermost array, in a text that comes in pieces."""

    def __init__(self) -> None:
        self.begun = False
        self.ended = False
        self.skipped = 0
        """How much of the piece in hand came before the array's first element."""
        self._depth = 0
        self._parts = 0
        self._in_text = False
        self._escaped = False

    def next_element(self) -> None:
        """Count anew."""
        self._parts = 0

    def cuts(self, piece: bytes) -> Iterator[int]:
        """Yield where elements end."""
        at = 0 if self.begun else self._begin(piece)
        while 0 <= at < len(piece):
            if self.ended:
                if piece[at:].strip():
                    raise ArchiveRefused("there is something after the end of the list")
                return
            if self._in_text:
                at = self._leave_text(piece, at)
                continue
            found = (_IN_ARRAY if self._depth == 1 else _DEEPER).search(piece, at)
            if found is None:
                return
            at = found.end()
            if self._ends_element(found[0]):
                yield found.start()

    def _begin(self, piece: bytes) -> int:
        start = len(piece) - len(piece.lstrip())
        if start == len(piece):
            return -1
        if piece[start : start + 1] != b"[":
            raise ArchiveRefused("this is neither an archive of Parley nor a list of conversations")
        self.begun, self._depth, self.skipped = True, 1, start + 1
        return start + 1

    def _leave_text(self, piece: bytes, at: int) -> int:
        if self._escaped:
            self._escaped = False
            return at + 1
        found = _IN_TEXT.search(piece, at)
        if found is None:
            return len(piece)
        self._in_text = self._escaped = found[0] == b"\\"
        return found.end()

    def _ends_element(self, mark: bytes) -> bool:
        match mark:
            case b",":
                return True
            case b'"':
                self._in_text = True
                self._count_part()
            case b"[" | b"{":
                self._depth += 1
                self._count_part()
            case _:
                self._depth -= 1
                self.ended = self._depth == 0
                if self.ended and mark != b"]":
                    raise ArchiveRefused("this is no valid JSON")
        return self.ended

    def _count_part(self) -> None:
        self._parts += 1
        if self._depth > DEPTH or self._parts > PARTS:
            raise ArchiveRefused("it is nested too deep, or has too many parts")
