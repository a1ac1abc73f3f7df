"""What a client sees of tools."""

from domain.turn.events import CLAUDE_CODE, ToolCalled, ToolReturned
from entrypoints.web.wire.custom_events import Body, untyped
from entrypoints.web.wire.tool_labels import display_text


def tool_start(event: ToolCalled) -> list[Body]:
    """Return that a tool is used, for Claude Code's in its own words too."""
    start: Body = {"type": "tool_start", "data": _tool_call(event)}
    if event.provider != CLAUDE_CODE:
        return [start]
    return [start, untyped("claudeToolUse", {"tool": event.name, "input": event.arguments})]


def _tool_call(event: ToolCalled) -> Body:
    data: Body = {
        "tool_name": event.name,
        "display_text": display_text(event.name, event.arguments),
    }
    if event.arguments:
        data["tool_input"] = event.arguments
    if event.id:
        data["call_id"] = event.id
    if event.provider:
        data["provider"] = event.provider
    if event.awaited:
        data["requires_action"] = True
    return data


def tool_result(event: ToolReturned) -> Body:
    """Return what a tool answered."""
    return {
        "type": "tool_result",
        "data": {
            "tool_name": event.name,
            "call_id": event.id,
            "tool_input": event.arguments,
            "tool_result": event.result,
            "display_text": display_text(event.name, event.arguments),
        },
    }
