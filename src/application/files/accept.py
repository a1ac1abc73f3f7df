"""Whether an upload is what its name says, found out while it passes by."""

import re
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterable, Mapping

from application.files.pictures import check_picture
from domain.errors import FileRefused
from domain.files.content_types import shown_type
from domain.files.kinds import KINDS, UPLOADS, extension_of

ENOUGH = 65_536
"""Bytes by which nearly every kind of file is known, and a picture's size with it."""
MOST_HELD = 1024 * 1024
"""Bytes that are held back at most: photos may carry long descriptions before their size."""

_ALSO: Mapping[str, frozenset[str]] = {
    "mpeg": frozenset({"audio/mpeg", "video/mpeg"}),
    "m4a": frozenset({"audio/mp4", "video/mp4"}),
    "mp4": frozenset({"audio/mp4", "video/mp4"}),
}
"""What else content may show itself to be, where containers look alike."""
_WITHOUT_MARK = frozenset({"txt", "pcm"})

_MARKUP = re.compile(rb"<(?:!doctype|html|head|body|script|svg|iframe|\?php)\b", re.IGNORECASE)
_MARKUP_WITHIN = 1024
"""Bytes in which a careless browser would look for a page."""
_NOT_IN_TEXT = bytes(frozenset(range(32)) - frozenset(b"\t\n\v\f\r\x1b"))
_OTHER_TEXT = (b"\xff\xfe", b"\xfe\xff")
_ZIP_END = b"PK\x05\x06"
_ZIP_END_SIZE = 22
_TAIL = _ZIP_END_SIZE + 65_535
"""Where the end of a ZIP archive must be, its comment included."""


def uploadable(name: str) -> str:
    """Return how the name of an upload ends.

    Raises:
        FileRefused: users may not upload files of this kind.
    """
    extension = extension_of(name)
    if extension not in UPLOADS:
        raise FileRefused(
            "Only files with specific extensions are allowed!", extension=extension[:80]
        )
    return extension


async def accepted(extension: str, chunks: AsyncIterable[bytes]) -> AsyncGenerator[bytes, None]:
    """Yield the chunks, once the first of them have shown that they are what was announced.

    The last ones are looked at before the end, so that whoever stores the chunks learns of it.

    Raises:
        FileRefused: it is something else, something more, or a picture too large to be opened.
    """
    held = bytearray()
    known = False
    last = _Tail()
    async for chunk in chunks:
        last.add(chunk)
        if known:
            _check_text(extension, chunk)
            yield chunk
            continue
        held += chunk
        if len(held) >= ENOUGH:
            known = _known(extension, bytes(held), whole=len(held) >= MOST_HELD)
        if known:
            yield bytes(held)
            held.clear()
    if held:
        _known(extension, bytes(held), whole=True)
        yield bytes(held)
    _check_end(extension, last.bytes())


class _Tail:
    """The last chunks, of which no copy is made on the way."""

    def __init__(self) -> None:
        self._chunks: deque[bytes] = deque()
        self._size = 0

    def add(self, chunk: bytes) -> None:
        self._chunks.append(chunk)
        self._size += len(chunk)
        while self._size - len(self._chunks[0]) >= _TAIL:
            self._size -= len(self._chunks.popleft())

    def bytes(self) -> bytes:
        return b"".join(self._chunks)[-_TAIL:]


def _known(extension: str, beginning: bytes, *, whole: bool) -> bool:
    """Return whether enough was seen; where there is no more to see, it has to be enough."""
    kind = KINDS[extension]
    shown = shown_type(beginning, kind)
    expected = {None} if extension in _WITHOUT_MARK else _ALSO.get(extension, {kind})
    if shown not in expected:
        raise _other(extension)
    if extension == "txt":
        if not beginning.startswith(_OTHER_TEXT):
            _check_text(extension, beginning)
        return True
    if _MARKUP.search(beginning, 0, _MARKUP_WITHIN):
        raise FileRefused(f"The .{extension} file has a page in it", extension=extension)
    return not kind.startswith("image/") or check_picture(beginning, whole=whole)


def _check_text(extension: str, chunk: bytes) -> None:
    if extension == "txt" and len(chunk.translate(None, _NOT_IN_TEXT)) != len(chunk):
        raise _other(extension)


def _check_end(extension: str, tail: bytes) -> None:
    at = tail.rfind(_ZIP_END)
    if extension == "txt" or at < 0 or len(tail) < at + _ZIP_END_SIZE:
        return
    comment = int.from_bytes(tail[at + 20 : at + 22], "little")
    if at + _ZIP_END_SIZE + comment == len(tail):
        raise FileRefused(f"The .{extension} file has an archive in it", extension=extension)


def _other(extension: str) -> FileRefused:
    return FileRefused(f"The content is not that of a .{extension} file", extension=extension)
