"""Puts the arguments of a call together that come in pieces (`partialArgs`).

Each piece has its place as a JSON path (RFC 9535): names in dots or quoted, and indexes. Google
sends them on Vertex only, and there only if asked to (`PartialArg` in the reference of its SDKs,
seen 2026-11); gateways to Vertex may ask.
"""

import re
from collections.abc import Iterable
from itertools import pairwise
from typing import Any, cast

from adapters.google.errors import garbled
from adapters.google.wire import WirePartialArg

_STEP = re.compile(
    r"""\.(?P<name>[^.\[\]]+)"""
    r"""|\[(?P<index>\d+)\]"""
    r"""|\['(?P<single>(?:[^'\\]|\\.)*)'\]"""
    r"""|\["(?P<double>(?:[^"\\]|\\.)*)"\]"""
)
_ESCAPED = re.compile(r"\\(.)")

Step = str | int


def grow(arguments: dict[str, Any], pieces: Iterable[WirePartialArg]) -> None:
    """Put the pieces in their places; a text where there is one already goes on with it.

    Raises:
        ProviderGarbled: a piece has no place.
    """
    for piece in pieces:
        steps = _steps(piece.json_path)
        container: Any = arguments
        for step, following in pairwise(steps):
            container = _entered(container, step, [] if isinstance(following, int) else {})
        value, step = piece.value, steps[-1]
        if isinstance(value, str):
            earlier = _entered(container, step, "")
            if not isinstance(earlier, str):
                raise garbled()
            value = earlier + value
        _put(container, step, value)


def _steps(path: str) -> list[Step]:
    steps: list[Step] = []
    at = 1
    while at < len(path):
        step = _STEP.match(path, at)
        if step is None:
            raise garbled()
        kind, text = str(step.lastgroup), step[str(step.lastgroup)]
        if kind == "index":
            steps.append(int(text))
        else:
            steps.append(text if kind == "name" else _ESCAPED.sub(r"\1", text))
        at = step.end()
    if not path.startswith("$") or not steps:
        raise garbled()
    return steps


def _entered(container: Any, step: Step, new: Any) -> Any:
    """Return what is at the place; where there is nothing, put something new there."""
    if isinstance(container, dict) and isinstance(step, str):
        return cast("dict[str, Any]", container).setdefault(step, new)
    if isinstance(container, list) and isinstance(step, int):
        entries = cast("list[Any]", container)
        if step < len(entries):
            return entries[step]
        _put(entries, step, new)
        return new
    raise garbled()


def _put(container: Any, step: Step, value: Any) -> None:
    if isinstance(container, dict) and isinstance(step, str):
        container[step] = value
    elif not isinstance(container, list) or not isinstance(step, int):
        raise garbled()
    elif step < len(cast("list[Any]", container)):
        container[step] = value
    elif step == len(cast("list[Any]", container)):
        cast("list[Any]", container).append(value)
    else:
        raise garbled()  # Entries come in order; a gap could be of any size.
