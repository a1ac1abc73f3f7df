"""The words that an endpoint takes in a place where it takes only some."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from msgspec import inspect


@lru_cache(maxsize=256)
def choices(kind: Any, place: tuple[str, ...]) -> tuple[str, ...]:
    """Return them in alphabetical order; none where the place is no closed set of words.

    Args:
        kind: the type of a body or a parameter.
        place: names of fields, from the outside in.
    """
    found = list(_alternatives(inspect.type_info(kind)))
    for name in place:
        found = [
            alternative
            for struct in found
            if isinstance(struct, inspect.StructType)
            for field in struct.fields
            if field.encode_name == name
            for alternative in _alternatives(field.type)
        ]
    literals = (each for each in found if isinstance(each, inspect.LiteralType))
    return tuple(sorted(str(value) for each in literals for value in each.values))


def _alternatives(kind: inspect.Type) -> Iterator[inspect.Type]:
    match kind:
        case inspect.Metadata():
            yield from _alternatives(kind.type)
        case inspect.UnionType():
            for each in kind.types:
                yield from _alternatives(each)
        case _:
            yield kind
