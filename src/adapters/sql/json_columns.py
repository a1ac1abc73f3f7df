"""JSON columns whose values have the shape that is expected of them.

An earlier server may have left others: an object or a text where a list belongs, null in a list,
JSON that was encoded twice. What fits is kept, and nothing odd spoils the rest of a history.
"""

from collections.abc import Callable
from typing import Any, cast

import msgspec
from sqlalchemy import JSON, Dialect, TypeDecorator

Shape = Callable[[object], object]


def decoded(text: str | bytes) -> Any:
    """Return what the JSON says, or the text itself where it is none."""
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text


def texts(value: object) -> list[str]:
    """Return the value as a list of texts."""
    match value:
        case list():
            return [one for one in cast("list[object]", value) if isinstance(one, str)]
        case str() if value.startswith("["):
            inner = decoded(value)
            return [value] if isinstance(inner, str) else texts(inner)
        case str() if value:
            return [value]
        case _:
            return []


def objects(value: object) -> list[dict[str, Any]]:
    """Return the value as a list of objects."""
    match value:
        case list():
            listed = cast("list[object]", value)
            return [cast("dict[str, Any]", one) for one in listed if isinstance(one, dict)]
        case dict():
            return [cast("dict[str, Any]", value)]
        case str() if not isinstance(inner := decoded(value), str):
            return objects(inner)
        case _:
            return []


def an_object(value: object) -> dict[str, Any]:
    """Return the value as one object."""
    inner = decoded(value) if isinstance(value, str) else value
    return cast("dict[str, Any]", inner) if isinstance(inner, dict) else {}


class Shaped(TypeDecorator[Any]):
    """JSON, or null, that has a shape when it is read."""

    impl = JSON
    cache_ok = True

    def __init__(self, shape: Shape) -> None:
        super().__init__(none_as_null=True)
        self.shape = shape

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """Give it the shape; null stays null."""
        return None if value is None else self.shape(value)
