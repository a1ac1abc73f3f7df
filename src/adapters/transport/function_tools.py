"""Tools of ours in the chat-completions shape, from which those of others are made."""

from collections.abc import Iterable
from typing import Any

from domain.tools import ToolSpec


def as_function(tool: ToolSpec) -> dict[str, Any]:
    """Return one of our tools in that shape."""
    return {
        "type": "function",
        "function": {
            "name": tool.name,
            "description": tool.purpose,
            "parameters": dict(tool.parameters),
        },
    }


def offered_functions(
    given: Iterable[dict[str, Any]], ours: Iterable[ToolSpec]
) -> list[dict[str, Any]]:
    """Return the functions of a request and our tools.

    Of those with one name the last is offered, which is ours: providers refuse names that are not
    unique.
    """
    functions = (*given, *map(as_function, ours))
    return [*{tool["function"].get("name"): tool for tool in functions}.values()]
