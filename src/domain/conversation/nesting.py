"""How deep what a client says of its own accord may be nested."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

DEEPEST = 30
"""MariaDB takes no JSON that is nested deeper than 31 levels."""


def is_flat(value: Any, levels: int = DEEPEST) -> bool:
    """Return whether every store keeps the value."""
    if isinstance(value, Mapping):
        inner: Sequence[Any] = list(cast("Mapping[str, Any]", value).values())
    elif isinstance(value, list | tuple):
        inner = cast("Sequence[Any]", value)
    else:
        return True
    return levels > 0 and all(is_flat(one, levels - 1) for one in inner)
