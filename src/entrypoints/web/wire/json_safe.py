"""JSON for every value a tool or provider can produce; encoding never fails a turn."""

import base64
import dataclasses
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from types import ModuleType
from typing import Any, cast
from uuid import UUID

import msgspec
import structlog

log = structlog.get_logger("wire")

DEEPEST = 20
_USUAL = 6
"""Levels of the deepest frame of ours, the answer's end with all attempts at it; a cycle is found
out soon."""
_NAMES: frozenset[type] = frozenset({str})
_PLAIN: frozenset[type] = frozenset({str, int, float, bool, type(None)})
_encoder = msgspec.json.Encoder()


def encode(value: object) -> bytes:
    """Return the value as JSON; what JSON cannot hold is replaced by the nearest it can.

    Times become ISO text, durations seconds, bytes base64, NaN and infinities null; a cycle
    becomes `<circular_ref: T>` and what lies deeper than 20 levels `<max_depth_exceeded: T>`.
    """
    if _is_plain(value, _USUAL):
        # Nearly every frame; only half a character in its text could still be in the way.
        try:
            return _encoder.encode(value)
        except UnicodeEncodeError:
            return _encoder.encode(safe(value))
    return _encoder.encode(safe(value))


def _is_plain(value: object, levels: int) -> bool:
    """Return whether the value is made of nothing but what JSON knows, and is not too deep."""
    if type(value) is dict:
        fields = cast("dict[object, object]", value)
        if not _NAMES.issuperset(map(type, fields)):
            return False
        parts = fields.values()
    elif type(value) is list or type(value) is tuple:
        parts = cast("Sequence[object]", value)
    else:
        return False
    # The first test decides for nearly every frame, and at the speed of C.
    return _PLAIN.issuperset(map(type, parts)) or (
        levels > 1 and all(type(part) in _PLAIN or _is_plain(part, levels - 1) for part in parts)
    )


def safe(value: object) -> Any:
    """Return a copy of the value that JSON can hold. The value itself is left as it is.

    Private attributes are left out: they may hold the secrets of a client object.
    """
    return _safe(value, (), 0)


def _safe(value: object, path: tuple[int, ...], depth: int) -> Any:
    if depth > DEEPEST:
        return f"<max_depth_exceeded: {type(value).__name__}>"
    if isinstance(value, Enum):
        return _safe(value.value, path, depth)
    if value is None or isinstance(value, bool | int | float | str):
        return _plain(value)
    if id(value) in path:
        return f"<circular_ref: {type(value).__name__}>"
    try:
        return _compound(value, (*path, id(value)), depth)
    except Exception:
        # Whatever a foreign object does when it is looked at, the turn goes on.
        log.exception("value cannot be shown", kind=type(value).__name__)
        return f"<unreadable: {type(value).__name__}>"


def _plain(value: str | float | None) -> str | float | None:
    if isinstance(value, str):
        return str.__str__(value).encode("utf-8", "replace").decode()
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    # A subclass of int (bool apart) is unknown to the encoder.
    return value if value is None or isinstance(value, bool) else int(value)


def _compound(value: object, path: tuple[int, ...], depth: int) -> Any:
    scalar = _scalar(value)
    if scalar is not None:
        return _plain(scalar)
    if (fields := _fields(value)) is not None:
        return {
            _plain(str(_safe(name, path, depth))): _safe(item, path, depth + 1)
            for name, item in fields.items()
        }
    if isinstance(value, Iterable):
        return [_safe(item, path, depth + 1) for item in cast("Iterable[object]", value)]
    log.warning("value shown as text", kind=type(value).__name__)
    return _plain(str(value))


def _scalar(value: object) -> str | float | None:
    match value:
        case datetime() | date() | time():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case UUID() | BaseException() | type() | ModuleType():
            return str(value)
        case Decimal():
            return float(value) if value.is_finite() else math.nan
        case bytes() | bytearray() | memoryview():
            return base64.b64encode(bytes(cast("bytes", value))).decode()
        case _:
            return None


def _fields(value: object) -> Mapping[Any, object] | None:
    """Return what an object is made of, or None when it has no parts with names."""
    if isinstance(value, Mapping):
        return cast("Mapping[Any, object]", value)
    if isinstance(value, msgspec.Struct):
        return _public(msgspec.structs.asdict(value))
    if dataclasses.is_dataclass(value):
        names = (field.name for field in dataclasses.fields(value))
        return _public({name: getattr(value, name, None) for name in names})
    if callable(dump := getattr(value, "model_dump", None)):
        return cast("Callable[[], Mapping[Any, object]]", dump)()
    if isinstance(value, Iterable):
        return None
    attributes: Mapping[str, object] = getattr(value, "__dict__", {})
    return _public(attributes) if attributes else None


def _public(fields: Mapping[str, object]) -> Mapping[str, object]:
    return {name: item for name, item in fields.items() if not name.startswith("_")}
