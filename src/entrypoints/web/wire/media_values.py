"""Values of the contract's media settings, which clients send loosely typed."""

import math

from domain.errors import InvalidRequest
from entrypoints.web.wire.names import Json

_FALSE_WORDS = frozenset({"", "0", "false", "no", "off"})
_LONGEST_TEXT = 10_000


def text(said: Json, name: str, section: str) -> str | None:
    """Return text, trimmed; None where there is none.

    Raises:
        InvalidRequest: it is something else.
    """
    value = said.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > _LONGEST_TEXT:
        raise InvalidRequest(f"{name} must be text", f"{section}.{name}")
    return value.strip() or None


def number(said: Json, name: str, section: str) -> float | None:
    """Return a number, likewise; one in text counts.

    Raises:
        InvalidRequest: it is something else.
    """
    value = said.get(name)
    if value is None or value == "":
        return None
    try:
        found = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        found = math.nan
    if not math.isfinite(found):
        raise InvalidRequest(f"{name} must be a number", f"{section}.{name}")
    return int(found) if found.is_integer() else found


def whole(said: Json, name: str, section: str) -> int | None:
    """Return a whole number, likewise.

    Raises:
        InvalidRequest: it is something else.
    """
    found = number(said, name, section)
    if found is None or isinstance(found, int):
        return found
    raise InvalidRequest(f"{name} must be a whole number", f"{section}.{name}")


def flag(said: Json, name: str) -> bool:
    """Return whether something is switched on."""
    value = said.get(name)
    return value.strip().lower() not in _FALSE_WORDS if isinstance(value, str) else bool(value)
