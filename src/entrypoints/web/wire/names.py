"""The contract's keys: canonical in snake_case, accepted in camelCase too."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from domain.conversation.nesting import DEEPEST, is_flat
from domain.errors import InvalidRequest

_HUMP = re.compile(r"(?<=[a-z0-9])[A-Z]")
_LONGEST_NAME = 64
"""No key of the contract is longer; what is longer is not worth remembering either."""

Json = dict[str, Any]


def snake(name: str) -> str:
    """Return `userInput` as `user_input`."""
    return _snake(name) if len(name) <= _LONGEST_NAME else name


@lru_cache(maxsize=1024)
def _snake(name: str) -> str:
    return _HUMP.sub(lambda hump: f"_{hump.group()}", name).lower()


def snake_keys(found: Mapping[str, Any]) -> Json:
    """Return a copy with snake_case keys; where a key is there in both spellings, snake wins."""
    return {snake(name): value for name, value in found.items() if snake(name) not in found} | {
        name: value for name, value in found.items() if snake(name) == name
    }


def section(found: Mapping[str, Any], name: str) -> Json:
    """Return the object under a key, with snake_case keys; absent or null is an empty one.

    Raises:
        InvalidRequest: it is something other than an object.
    """
    value = found.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise InvalidRequest(f"{name} must be an object", name)
    return snake_keys(value)  # pyright: ignore[reportUnknownArgumentType] - decoded JSON


def check_depth(value: object, name: str) -> None:
    """Refuse what no store could keep, before anybody is asked anything.

    Raises:
        InvalidRequest: it is nested too deep.
    """
    if not is_flat(value):
        raise InvalidRequest(f"{name} is nested deeper than {DEEPEST} levels", name)
