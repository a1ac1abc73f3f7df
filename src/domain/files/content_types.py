"""What a file is, by what it holds; its sender's word only decides what that leaves open."""

from collections.abc import Iterable

_SAMPLE = 8192
"""Bytes that are looked at; every mark below stands within the first sixteen."""

_BEGINNINGS: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"%PDF-", "application/pdf"),
    (b"{\\rtf", "application/rtf"),
    (b"ID3\x02", "audio/mpeg"),
    (b"ID3\x03", "audio/mpeg"),
    (b"ID3\x04", "audio/mpeg"),
    (b"OggS", "audio/ogg"),
    (b"fLaC", "audio/flac"),
    (b"\x1f\x8b", "application/gzip"),
    (b"\x00\x00\x01\xba", "video/mpeg"),
    (b"\x00\x00\x01\xb3", "video/mpeg"),
)
_RIFF: dict[bytes, str] = {b"WEBP": "image/webp", b"WAVE": "audio/wav"}
_BRANDS: dict[bytes, str] = {
    b"avif": "image/avif",
    b"heic": "image/heic",
    b"mif1": "image/heif",
    b"M4A ": "audio/mp4",
}
_WEBM = b"\x1a\x45\xdf\xa3"
_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

OFFICE_TYPES = frozenset(
    {
        "application/msword",
        "application/vnd.ms-excel",
        "application/vnd.ms-powerpoint",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    }
)
_WORDS = ("application/json", "application/xml", "application/yaml", "application/x-yaml")
_NOT_IN_TEXT = frozenset(range(32)) - frozenset(b"\t\n\v\f\r\x1b")


def type_of(content: bytes, said: str = "") -> tuple[str, bool]:
    """Return the type, lower case and without parameters, and whether it can be read as text.

    Args:
        content: the whole of it.
        said: the type under which it came, which decides only between types that look alike.
    """
    said = said.partition(";")[0].strip().lower()
    if shown := shown_type(content, said):
        return shown, False
    if not _is_text(content[:_SAMPLE]):
        return "application/octet-stream", False
    return said if _may_be_text(said) else "text/plain", True


def shown_type(content: bytes, said: str = "") -> str | None:
    """Return the type that the first bytes give away, or None."""
    if content[:4] == b"RIFF":
        return _RIFF.get(content[8:12])
    if content[4:8] == b"ftyp":
        return _BRANDS.get(content[8:12], _either(said, ("audio/mp4", "audio/x-m4a"), "video/mp4"))
    if content.startswith(_WEBM):
        return _either(said, ("audio/webm",), "video/webm")
    if content.startswith(_ZIP):
        return _either(said, OFFICE_TYPES, "application/zip")
    if content.startswith(_OLE):
        return _either(said, OFFICE_TYPES, "application/x-ole-storage")
    if len(content) > 1 and content[0] == 0xFF and content[1] & 0xE6 == 0xE2:
        return "audio/mpeg"  # A frame's sync bits and its layer III, where no tag comes first.
    return next((kind for known, kind in _BEGINNINGS if content.startswith(known)), None)


def _either(said: str, possible: Iterable[str], otherwise: str) -> str:
    return said if said in possible else otherwise


def _is_text(sample: bytes) -> bool:
    if sample.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    return not _NOT_IN_TEXT.intersection(sample)


def _may_be_text(said: str) -> bool:
    return said.startswith("text/") or said.endswith(("+json", "+xml")) or said in _WORDS
