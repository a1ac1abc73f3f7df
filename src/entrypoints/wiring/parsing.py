"""Texts of the environment → values; each parser says in a `ValueError` what is wrong."""

import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import msgspec

from adapters.transport.addresses import TrustedHosts
from domain.speech.rewrite import Rewrite, RewriteRule

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_ORIGIN = re.compile(r"https?://(?:\w[\w.-]*|\[[0-9a-f:.]+\])(?::(?:\d{1,5}|\*))?", re.ASCII)
"""Scheme, host and port, of which `*` is any."""


class Secret(str):
    """Text that does not show itself in logs and tracebacks."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'***'" if self else "''"

    def parts(self) -> "list[Secret]":
        """Return the secrets of a comma-separated list; of an empty one, the empty secret."""
        return [Secret(part.strip()) for part in self.split(",") if part.strip()] or [Secret()]


def one_of(*choices: str) -> Callable[[str], str]:
    """One of these words, in any case."""

    def parse(text: str) -> str:
        value = text.strip().lower()
        if value not in choices:
            raise ValueError(f"must be one of {', '.join(choices)}")
        return value

    return parse


def integer(low: int, high: int) -> Callable[[str], int]:
    """A whole number within bounds, both included."""

    def parse(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            raise ValueError("must be a whole number") from None
        if not low <= value <= high:
            raise ValueError(f"must be from {low} to {high}")
        return value

    return parse


def truth(text: str) -> bool:
    """Yes or no, in any of the usual words."""
    word = text.strip().lower()
    if word in ("true", "yes", "on", "1"):
        return True
    if word in ("false", "no", "off", "0"):
        return False
    raise ValueError("must be true or false")


_LONGEST_S = 10**9


def seconds(text: str) -> float:
    """A positive number of seconds, which a moment can be moved by."""
    try:
        value = float(text)
    except ValueError:
        raise ValueError("must be a number of seconds") from None
    if not 0 < value <= _LONGEST_S:
        raise ValueError(f"must be more than 0, and at most {_LONGEST_S}")
    return value


def dollars(text: str) -> float:
    """An amount of US dollars; 0 is fine."""
    try:
        value = float(text)
    except ValueError:
        raise ValueError("must be a number of US dollars") from None
    if not 0 <= value <= 1_000_000:
        raise ValueError("must be from 0 to 1000000")
    return value


def url(*schemes: str) -> Callable[[str], str]:
    """A URL with one of these schemes; web addresses without a slash at the end."""

    def parse(text: str) -> str:
        value = text.strip()
        if value and not any(value.startswith(f"{scheme}://") for scheme in schemes):
            raise ValueError(f"must start with {' or '.join(f'{s}://' for s in schemes)}")
        if "http" not in schemes:
            return value
        _check_host(value)
        return value.rstrip("/")

    return parse


def _check_host(address: str) -> None:
    try:
        place = urlsplit(address)
        has_host, has_port = bool(place.hostname), place.port != 0
    except ValueError:  # Brackets that do not match, or a port that is no number.
        has_host, has_port = True, False
    if not has_host:
        raise ValueError("names no host")
    if not has_port or any(map(str.isspace, address)):
        raise ValueError("must be a web address, its port from 1 to 65535")


def sound_place(text: str) -> str:
    """The address of a provider of speech, whose sockets are at the same place.

    It is kept as its HTTP interface, without the version.
    """
    value = url("http", "https", "ws", "wss")(text).removesuffix("/v1")
    return f"http{value.removeprefix('ws')}" if value.startswith("ws") else value


def voices(text: str) -> Mapping[str, str]:
    """Ids of voices by name."""
    try:
        return msgspec.json.decode(text, type=dict[str, str])
    except msgspec.MsgspecError:
        raise ValueError("must be a JSON object of names and ids") from None


def rewrites(text: str) -> tuple[RewriteRule, ...]:
    """What transcripts are put right by; an empty list leaves them as they are."""
    try:
        rules = msgspec.json.decode(text, type=tuple[RewriteRule, ...])
    except msgspec.MsgspecError:
        raise ValueError("must be a JSON list of pairs: a regular expression and a text") from None
    Rewrite(rules)
    return rules


def path_segment(text: str) -> str:
    """A word that may stand in the path of a URL."""
    value = text.strip().strip("/")
    if not value.isascii() or not value.replace("-", "").replace(".", "").isalnum():
        raise ValueError("must be one word of letters and digits")
    return value


def database_url(text: str) -> Secret:
    """A database this server can use."""
    return Secret(url("sqlite+aiosqlite", "mysql+aiomysql")(text))


def bucket(text: str) -> str:
    """The name of a bucket, as S3 allows it."""
    if not _BUCKET.fullmatch(text):
        raise ValueError("must be the name of a bucket: 3 to 63 of a-z, 0-9, dots and hyphens")
    return text


def existing(kind: Literal["file", "directory"]) -> Callable[[str], Path]:
    """A path that is there already."""

    def parse(text: str) -> Path:
        path = Path(text)
        if not (path.is_file() if kind == "file" else path.is_dir()):
            raise ValueError(f"names a {kind} that does not exist")
        return path

    return parse


def program(text: str) -> Path:
    """A program that can be run, by its path or by a name on the PATH."""
    found = shutil.which(text)
    if found is None:
        raise ValueError("names no program that can be run")
    return Path(found).absolute()


def data_dir(text: str) -> Path:
    """A folder, which may be there or not."""
    path = Path(text)
    if path.exists() and not path.is_dir():
        raise ValueError("names something that is not a directory")
    return path


def places(text: str) -> tuple[str, ...]:
    """Hosts with or without a port, separated by commas."""
    found = tuple(part.strip() for part in text.split(",") if part.strip())
    TrustedHosts(found)
    return found


def origins(text: str) -> tuple[str, ...]:
    """Browser origins, separated by commas, as browsers spell them: in small letters."""
    found = tuple(part.strip().rstrip("/").lower() for part in text.split(",") if part.strip())
    if not all(map(_ORIGIN.fullmatch, found)):
        raise ValueError(
            "must be a comma-separated list of origins such as https://chat.example.org,"
            " without paths"
        )
    return found
