"""What a database lacks or has too much of, in words.

Alembic tells differences as tuples that begin with what would have to be done about them.
"""

from collections.abc import Iterable, Iterator
from typing import Any

Difference = tuple[Any, ...]

_MODIFY = "modify_"


def each_difference(found: Iterable[Difference | list[Difference]]) -> Iterator[Difference]:
    """Return them one by one, without the indexes of tables that are missing as a whole."""
    missing: set[str] = set()
    for each in found:
        # Those of one column come in a list of their own.
        for difference in each if isinstance(each, list) else [each]:
            what, thing = difference[0], difference[-1]
            if what == "add_table":
                missing.add(thing.name)
            if what != "add_index" or thing.table.name not in missing:
                yield difference


def told(difference: Difference) -> str:
    """Return a difference as half a line."""
    what = str(difference[0])
    if what.startswith(_MODIFY):
        _, _, table, column, _, is_so, expected = difference
        return f"{what.removeprefix(_MODIFY)} of {table}.{column} is {is_so!r}, not {expected!r}"
    outcome = "is missing" if what.startswith("add_") else "is not expected"
    return f"{_named(what.partition('_')[2], difference)} {outcome}"


def _named(kind: str, difference: Difference) -> str:
    thing = difference[-1]
    match kind:
        case "table":
            return f"table {thing.name}"
        case "column":
            return f"column {difference[2]}.{thing.name}"
        case _:
            named = f" {thing.name}" if thing.name else ""
            return f"{kind.replace('fk', 'foreign key')}{named} of {thing.table.name}"
