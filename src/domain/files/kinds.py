"""Which kinds of file are kept, and how their names end."""

from collections.abc import Mapping
from pathlib import PurePosixPath

KINDS: Mapping[str, str] = {
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "gif": "image/gif",
    "webp": "image/webp",
    "mp3": "audio/mpeg",
    "mpga": "audio/mpeg",
    "mpeg": "audio/mpeg",
    "wav": "audio/wav",
    "m4a": "audio/mp4",
    "opus": "audio/ogg",
    "ogg": "audio/ogg",
    "flac": "audio/flac",
    "aac": "audio/aac",
    "pcm": "audio/pcm",
    "mp4": "video/mp4",
    "webm": "video/webm",
    "mov": "video/quicktime",
    "txt": "text/plain",
    "pdf": "application/pdf",
}
"""Media type by extension. The first extension of a type is the one that new names get.

What a browser would run (HTML, SVG, XML, scripts) is not among them.
"""

UPLOADS = frozenset(
    (
        *("jpg", "jpeg", "png", "gif", "webp", "pdf", "txt"),
        *("mp3", "pcm", "mpeg", "mpga", "webm", "wav", "m4a", "mp4", "opus"),
    )
)
"""The extensions of what users may upload; the list is the contract's."""

_OTHER_WORDS: Mapping[str, str] = {
    "image/jpg": "image/jpeg",
    "audio/mp3": "audio/mpeg",
    "audio/x-wav": "audio/wav",
    "audio/wave": "audio/wav",
    "audio/m4a": "audio/mp4",
    "audio/x-m4a": "audio/mp4",
    "audio/opus": "audio/ogg",
    "audio/x-flac": "audio/flac",
    "audio/l16": "audio/pcm",
    "audio/webm": "video/webm",
}

LONGEST_NAME = 100
"""Characters, of the name that the owner knows a file by; longer ones lose their middle."""


def extension_of(name: str) -> str:
    """Return how a name ends, in lower case and without the dot; empty where it has no dot."""
    return PurePosixPath(name).suffix.lower().removeprefix(".")


def kind_of(name: str) -> str | None:
    """Return the media type of a file by its name; None: such files are not kept."""
    return KINDS.get(extension_of(name))


def named(name: str, mime_type: str) -> str | None:
    """Return a name that ends as files of the type do; None: such files are not kept."""
    plain = mime_type.partition(";")[0].strip().lower()
    kind = _OTHER_WORDS.get(plain, plain)
    if kind_of(name) == kind:
        return name
    ending = next((ending for ending, its_kind in KINDS.items() if its_kind == kind), None)
    if ending is None:
        return None
    stem = PurePosixPath(name).stem if kind_of(name) else name
    return f"{stem}.{ending}"
