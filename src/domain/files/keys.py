"""Keys of stored files: whose a file is, when it came, what its owner calls it.

A key says all that is known of a file but its size, so nothing has to be stored beside it. The
addresses of files are made of their keys: `/files/<key>`.
"""

import re
from datetime import date, datetime
from enum import StrEnum

from domain.files.kinds import LONGEST_NAME, extension_of
from domain.ids import FileKey, UserId

PATH = "/files/"
"""What comes before the key in the path of every address of a file."""
NAMELESS = "upload.bin"

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")
_CHOSEN = re.compile(r".*/(?!\d{8}_[0-9a-f]{32})[^/]*")
_STAMP = re.compile(r"\d{8}_[0-9a-f]{32}_?")
_KEY = re.compile(
    r"([1-9]\d{0,18})/(assets/chat/1|assets/realtime|batches|logs)/[A-Za-z0-9_-][A-Za-z0-9._-]*"
)
_ADDRESS = re.compile(r"(?:https?://[^\s/?#]*)?/files/([\w./-]+)(?:[?#]\S*)?", re.IGNORECASE)
_LONGEST_KEY = 250


class Folder(StrEnum):
    """Where a file of a user is; the words are the contract's."""

    CHAT = "assets/chat/1"
    REALTIME = "assets/realtime"
    BATCHES = "batches"
    """Requests and results of the batch API; their keys are made in `domain/batch.py`."""
    LOGS = "logs"
    """What clients have written down of themselves."""


def fresh_key(
    owner: UserId, name: str, day: date, random: str, folder: Folder = Folder.CHAT
) -> FileKey:
    """Return the key of a new file.

    Args:
        owner: whose it is.
        name: what the owner calls it; only its extension goes into the key of a realtime turn.
        day: of its coming, in UTC.
        random: 128 random bits, as 32 hexadecimal digits.
        folder: where it goes.
    """
    stamp = f"{day:%Y%m%d}_{random}"
    end = f".{extension_of(name)}" if folder is Folder.REALTIME else f"_{safe_name(name)}"
    return FileKey(f"{owner}/{folder}/{stamp}{end}")


def exact_key(owner: UserId, name: str) -> FileKey:
    """Return the key of a file whose owner chose the whole name."""
    return FileKey(f"{owner}/{Folder.CHAT}/{safe_name(name)}")


def log_key(owner: UserId, name: str, moment: datetime) -> FileKey:
    """Return the key of a client's log, whose last part says when and from whom it came."""
    return FileKey(f"{owner}/{Folder.LOGS}/{moment:%Y%m%d_%H%M%S}_user{owner}_{safe_name(name)}")


def is_chosen(key: FileKey) -> bool:
    """Return whether somebody chose the whole name, so that it may be another file's already."""
    return _CHOSEN.fullmatch(key) is not None


def safe_name(name: str) -> str:
    """Return the last part of a path, without anything that a path, URL or header could trip on."""
    plain = _UNSAFE.sub("_", re.split(r"[/\\]", name)[-1]).lstrip(".")
    if len(plain) > LONGEST_NAME:
        ending = f".{extension_of(plain)}"[:LONGEST_NAME]
        plain = plain[: LONGEST_NAME - len(ending)] + ending
    return plain or NAMELESS


def read_key(text: str) -> FileKey | None:
    """Return the key that the text is, or None; a key is never a way out of its owner's folder."""
    whole = len(text) <= _LONGEST_KEY and _KEY.fullmatch(text)
    return FileKey(text) if whole else None


def owner_of(key: FileKey) -> UserId:
    """Return whose file it is."""
    return UserId(int(key.partition("/")[0]))


def name_of(key: FileKey) -> str:
    """Return what its owner calls the file; of one that has no name, how its key ends."""
    last = key.rpartition("/")[2]
    plain = _STAMP.sub("", last, count=1)
    return last if not plain or plain.startswith(".") else plain


def address_of(key: FileKey) -> str:
    """Return the address that is kept in messages: it never changes, and opens nothing by itself.

    It has no host, so that a server may move. `FileLinks` makes links of it.
    """
    return PATH + key


def key_in(url: str) -> FileKey | None:
    """Return the key in an address or link of ours, under whatever name this server was reached."""
    found = _ADDRESS.fullmatch(url) if PATH in url else None
    return read_key(found[1]) if found else None


def kept_address(url: str) -> str:
    """Return an address as messages keep it: of a file of ours without host and signature."""
    key = key_in(url)
    return url if key is None else address_of(key)
