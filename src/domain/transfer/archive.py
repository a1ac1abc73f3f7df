"""The archive as text: one JSON document a line, the header first, the end last."""

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from domain.transfer.errors import ArchiveRefused
from domain.transfer.fit import Fit
from domain.transfer.records import (
    FORMAT,
    VERSION,
    ArchivedConversation,
    ArchivedUsage,
    ArchiveEnd,
    ArchiveHeader,
    Record,
)
from domain.transfer.tally import Counter, Tally

# Sorted keys: the stores may return an object's members in any order.
_ENCODER = msgspec.json.Encoder(order="deterministic")
_HEADER = msgspec.json.Decoder(ArchiveHeader)
_LINE = msgspec.json.Decoder(Record | ArchiveEnd)
_FRONT = b'{"type":"header",'
"""What headers of ours begin with."""
_Any = msgspec.json.Decoder(dict[str, msgspec.Raw])


def encoded(line: ArchiveHeader | Record | ArchiveEnd) -> bytes:
    """Return the line, its end included."""
    return _ENCODER.encode(line) + b"\n"


def is_header(line: bytes) -> bool:
    """Return whether this may be the first line of an archive of ours."""
    try:
        first = _Any.decode(line)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return False
    return bytes(first.get("format", b"")) == _ENCODER.encode(FORMAT)


def may_begin(line: bytes) -> bool:
    """Return whether an archive of ours begins so; the line may have been cut off."""
    return is_header(line) or (not line.endswith(b"\n") and _FRONT.startswith(line[: len(_FRONT)]))


class Digest:
    """Counts records and digests their lines."""

    def __init__(self) -> None:
        self._sha = hashlib.sha256()
        self._counter = Counter()

    def add(self, record: Record, line: bytes) -> None:
        """Take one record with its line, the line's end included."""
        self._counter.add(record)
        self._sha.update(line)

    @property
    def tally(self) -> Tally:
        """How many there were."""
        return self._counter.tally

    @property
    def sha256(self) -> str:
        """Of all lines so far."""
        return self._sha.hexdigest()

    def end(self) -> ArchiveEnd:
        """Return the archive's last line."""
        return ArchiveEnd(sha256=self.sha256, **msgspec.structs.asdict(self.tally))


def records(lines: Iterable[bytes], fit: Fit) -> Iterator[Record]:
    """Yield the records of an archive of ours, each checked.

    Raises:
        ArchiveRefused: a line is no good, the end is missing or does not match what came before.
    """
    number, digest, order = 1, Digest(), _Order()
    source = iter(lines)
    _check_header(next(source, b""))
    for number, line in enumerate(source, 2):
        place = f"line {number}"
        found = _decoded(_LINE, line, place)
        try:
            if isinstance(found, ArchiveEnd):
                _check_end(found, digest)
                _check_rest(source)
                return
            order.check(found)
            fit.check(found)
        except ArchiveRefused as error:
            raise _at(error, place) from None
        digest.add(found, line)
        yield found
    raise ArchiveRefused("it breaks off; its last line must be the end record", f"line {number}")


class _Order:
    """Ascending ids: none can be there twice, and nothing has to be remembered for it."""

    def __init__(self) -> None:
        self._last: dict[type[Record], str] = {}

    def check(self, record: Record) -> None:
        match record:
            case ArchivedConversation():
                name, found = "id", record.id
            case ArchivedUsage():
                name, found = "turn", record.turn
            case _:
                return
        kind: type[Record] = type(record)
        if found <= self._last.get(kind, ""):
            raise ArchiveRefused(f"{name} is there twice, or not in ascending order")
        self._last[kind] = found


def _check_header(line: bytes) -> None:
    place = "line 1"
    if not is_header(line):
        raise ArchiveRefused("this is no header of an archive of Parley", place)
    version = _decoded(_Any, line, place).get("version")
    if version is None or bytes(version) != str(VERSION).encode():
        raise ArchiveRefused(f"this server reads version {VERSION} of the format only", place)
    _decoded(_HEADER, line, place)


def _check_end(end: ArchiveEnd, digest: Digest) -> None:
    found = digest.end()
    if msgspec.structs.replace(found, sha256=end.sha256) != end:
        raise ArchiveRefused("the end record counts other records than there are")
    if found != end:
        raise ArchiveRefused("the records are not those that the end record has the digest of")


def _check_rest(lines: Iterator[bytes]) -> None:
    if any(line.strip() for line in lines):
        raise ArchiveRefused("there is something after the end record")


def _decoded(decoder: msgspec.json.Decoder[Any], line: bytes, place: str) -> Any:
    try:
        return decoder.decode(line)
    except msgspec.ValidationError as error:
        raise ArchiveRefused(str(error)[:200], place) from None
    except msgspec.MsgspecError:
        raise ArchiveRefused("this is no valid JSON", place) from None
    except UnicodeError:
        raise ArchiveRefused("this is no valid UTF-8", place) from None
    except RecursionError:
        raise ArchiveRefused("it is nested too deep", place) from None


def _at(error: ArchiveRefused, place: str) -> ArchiveRefused:
    return ArchiveRefused(error.why, place)
