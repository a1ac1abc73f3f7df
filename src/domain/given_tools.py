"""The tools that a request brings along, in the shapes in which clients give them (contract §6)."""

from collections.abc import Iterator, Mapping
from typing import Any, cast


def given_tools(native_tools: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the well-formed tools that the request lists under `tools` (or `functions`)."""
    listed = native_tools.get("tools") or native_tools.get("functions") or ()
    if not isinstance(listed, list | tuple):
        return []
    return [
        cast("Mapping[str, Any]", tool)
        for tool in cast("list[object]", listed)
        if isinstance(tool, Mapping)
    ]


def given_functions(native_tools: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the function tools among them, in the chat shape whichever shape they came in."""
    for tool in given_tools(native_tools):
        function = tool.get("function")
        if isinstance(function, Mapping):
            yield {"type": "function", "function": dict(cast("Mapping[str, Any]", function))}
        elif tool.get("type", "function") == "function" and tool.get("name"):
            yield {"type": "function", "function": {k: tool[k] for k in tool if k != "type"}}


def given_names(native_tools: Mapping[str, Any]) -> frozenset[str]:
    """Return the names of the functions that the client has declared, and runs itself."""
    names = (tool["function"].get("name") for tool in given_functions(native_tools))
    return frozenset(name for name in names if isinstance(name, str))
