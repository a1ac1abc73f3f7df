"""What a client sees of tools."""

import msgspec

from domain.turn.agent_events import (
    ApprovalAsked,
    ApprovalSettled,
    ChartBegun,
    ChartFailed,
    ChartMade,
    RoundBegan,
    RoundEnded,
    ToolProgressed,
)
from domain.turn.events import CLAUDE_CODE, ToolCalled, ToolReturned
from entrypoints.web.wire.custom_events import Body, custom, untyped
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


def round_began(event: RoundBegan) -> Body:
    """Return that the model is asked."""
    return untyped(
        "iterationStarted",
        {"iteration": event.number, "max_iterations": event.most, "profile": event.profile},
    )


def round_ended(event: RoundEnded) -> Body:
    """Return what the model has called, and whether it is asked once more."""
    return untyped(
        "iterationCompleted",
        {"iteration": event.number, "tool_calls": event.calls, "has_more": event.goes_on},
    )


def approval_asked(event: ApprovalAsked) -> Body:
    """Return that the user's word is waited for: a `tool_approval` message gives it."""
    return custom(
        "toolApprovalRequested",
        call_id=event.call,
        tool_name=event.tool,
        tool_input=event.arguments,
        display_text=display_text(event.tool, event.arguments),
        expires_in_s=event.within_s,
    )


def approval_settled(event: ApprovalSettled) -> Body:
    """Return that nobody need be asked any more."""
    return custom(
        "toolApprovalSettled",
        call_id=event.call,
        tool_name=event.tool,
        approved=event.approved,
        timed_out=event.timed_out,
    )


def tool_progress(event: ToolProgressed) -> Body:
    """Return how far a tool has come; `total` is null where nobody knows."""
    return custom(
        "toolProgress",
        call_id=event.call,
        tool_name=event.tool,
        progress=event.done,
        total=event.total,
        message=event.message,
    )


def chart_event(event: ChartBegun | ChartMade | ChartFailed) -> Body:
    """Return how a chart comes about; one that is made is the content itself."""
    match event:
        case ChartBegun():
            about = {"chart_type": event.chart_type, "title": event.title}
            return untyped("chartGenerationStarted", about)
        case ChartMade():
            return untyped("chartGenerated", msgspec.to_builtins(event.chart))
        case ChartFailed():
            failed = {"error": event.message, "chart_type": event.chart_type, "title": event.title}
            return untyped("chartError", failed)


def tool_result(event: ToolReturned) -> Body:
    """Return what a tool answered."""
    return {
        "type": "tool_result",
        "data": {
            "tool_name": event.name,
            "call_id": event.id,
            "tool_input": event.arguments,
            "success": not event.failed,
            "tool_result": event.result,
            "error": event.error,
            "display_text": display_text(event.name, event.arguments),
        },
    }
