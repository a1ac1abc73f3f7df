"""Keeps secrets and private bulk out of logs. What it is given is never changed."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, cast

DEEPEST = 8
_HIDDEN = "***"
_PLACE_LENGTH = 50

_SENSITIVE = frozenset(
    {
        "access_token",
        "api_key",
        "apikey",
        "authorization",
        "auth_token",
        "cookie",
        "jwt",
        "password",
        "private_key",
        "refresh_token",
        "secret",
        "set_cookie",
        "token",
    }
)
_SENSITIVE_ENDS = ("_token", "_secret", "_key", "_password")
_PLACES = frozenset({"file_names", "image_locations", "file_locations"})
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")

_JWT = re.compile(r"\bey[\w-]{6,}\.[\w-]+\.[\w-]*")
_BEARER = re.compile(r"(?i)\b(bearer\s+)(?!\*\*\*)[^\s,;\"']+")
_NAMED = re.compile(
    r"(?i)((?:\b|_)(?:token|secret|password|passwd|apikey|authorization|cookie|[a-z]+[_-]key)"
    r"[\"']?\s*[=:]\s*)(\"[^\"]*\"|'[^']*'|(?:(?:basic|digest|token|apikey)\s+)?[^\s&,;\"'}]+)"
)
_KEY = re.compile(r"\b(?:sk|pk|rk|gsk|xai|pplx)-[\w-]{8,}|\bAIza[\w-]{20,}")
_DATA_URL = re.compile(r"\bdata:([\w.+-]+/[\w.+-]+)?[\w=;.-]*,[A-Za-z0-9+/=_%-]{16,}")
_LOGIN_IN_URL = re.compile(r"(\w://[^\s/:@]*):[^\s/]+@")
"""Up to the last of several `@`: people forget to encode those in a password."""


def redacted(value: object, depth: int = 0) -> Any:
    """Return a copy of the value without secrets, as plain dicts, lists and scalars."""
    if isinstance(value, str):
        return redacted_text(value)
    if value is None or isinstance(value, bool | int | float):
        return value
    if depth >= DEEPEST:
        return "<max depth reached>"
    if isinstance(value, Mapping):
        pairs = cast("Mapping[object, object]", value).items()
        return {str(key): _under(str(key), item, depth + 1) for key, item in pairs}
    if isinstance(value, list | tuple | set | frozenset):
        return [redacted(item, depth + 1) for item in cast("Iterable[object]", value)]
    if isinstance(value, bytes | bytearray):
        return f"<binary {len(value)} bytes>"
    return redacted_text(repr(value))


def redacted_text(text: str) -> str:
    """Return the text with everything that looks like a secret, or like a whole file, hidden."""
    text = _DATA_URL.sub(lambda found: f"data:{found[1] or ''}<{len(found[0])} characters>", text)
    text = _JWT.sub(lambda found: _header(found[0]), text)
    text = _BEARER.sub(rf"\1{_HIDDEN}", text)
    text = _NAMED.sub(_named, text)
    text = _KEY.sub(_HIDDEN, text)
    return _LOGIN_IN_URL.sub(rf"\1:{_HIDDEN}@", text)


def _under(key: str, value: object, depth: int) -> Any:
    name = _HUMP.sub("_", key).replace("-", "_").lower()
    if name in _SENSITIVE or name.endswith(_SENSITIVE_ENDS):
        text = str(value)
        return _header(text) if _JWT.fullmatch(text) else _HIDDEN
    if name in _PLACES and isinstance(value, list | tuple):
        return [_cut(redacted(item, depth)) for item in cast("Iterable[object]", value)]
    return redacted(value, depth)


def _header(token: str) -> str:
    """Return a JSON Web Token's public beginning, which says no more than its algorithm."""
    return f"{token[:12]}{_HIDDEN}"


def _named(found: re.Match[str]) -> str:
    name, value = found[1], found[2]
    if value.lower() == "bearer" or _HIDDEN in value:
        return found[0]
    return f"{name}{_HIDDEN}"


def _cut(item: object) -> object:
    if isinstance(item, str) and len(item) > _PLACE_LENGTH:
        return f"{item[:_PLACE_LENGTH]}..."
    return item
