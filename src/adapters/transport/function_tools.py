"""Tools of ours in the chat-completions shape, from which those of others are made."""

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
