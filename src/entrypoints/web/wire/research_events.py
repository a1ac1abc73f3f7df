"""What a client sees of deep research (contract: tools-and-workflows §7)."""

from typing import Any

import msgspec

from domain.research import NOTIFICATION, Research, ResearchStage
from domain.turn.events import Saved
from domain.turn.research_events import Stage
from entrypoints.web.wire.custom_events import Body, untyped

_SHOWN_CHARS = 200
_STAGES = 3
_NAMES: dict[ResearchStage, tuple[str, str]] = {
    "initialization": ("deepResearchStarted", "Deep research has started"),
    "optimization": ("deepResearchOptimizing", "Preparing the question"),
    "research": ("deepResearchSearching", "Searching the web"),
    "analysis": ("deepResearchAnalyzing", "Reading what was found"),
    "completed": ("deepResearchCompleted", "Deep research is complete"),
}


def stage_entered(event: Stage) -> Body:
    """Return that a part of the work begins, or that all of it is over."""
    name, message = _NAMES[event.name]
    content: dict[str, Any] = {"type": name, "message": message, "stage": event.name}
    if event.model:
        content |= {"model": event.model, "provider": event.provider}
    if event.name == "research":
        content["optimizedPrompt"] = event.instruction[:_SHOWN_CHARS]
    if event.name == "completed":
        content |= {
            "citationsCount": event.sources,
            # What is not kept has no conversation that could be tagged.
            "tag": NOTIFICATION if event.conversation else None,
            "session_id": event.conversation,
        }
    if event.because is not None:
        content["fallbackReason"] = event.because
    return untyped("deepResearch", content)


def research_failed(message: str) -> Body:
    """Return that there will be no answer."""
    content = {"type": "deepResearchError", "message": message, "stage": "error"}
    return untyped("deepResearch", content)


def research_metadata(found: Research, answer: str) -> Body:
    """Return what the answer rests on; the rows are told at the end, when they are there."""
    return {
        "stage_count": _STAGES,
        "citations_count": len(found.sources),
        "stage_timings": dict(found.timings_s),
        "optimized_prompt": found.instruction,
        "research_response": found.report,
        "analysis_response": answer,
        "citations": msgspec.to_builtins(found.sources),
        "session_id": found.conversation,
    }


def rows_of_research(saved: Saved) -> Body:
    """Return the rows that research has left, as `db_operation_executed` tells them."""
    content: Body = {"session_id": saved.conversation, "user_message_id": saved.question}
    if saved.answer is not None:
        content["ai_message_id"] = saved.answer
    if saved.research is not None:
        content["optimized_prompt_id"] = saved.research.instruction
        content["research_message_id"] = saved.research.report
    if saved.answer is not None:
        content["analysis_message_id"] = saved.answer
    return content | {"deep_research": True}


def kept_research(saved: Saved) -> Body:
    """Return the other half of the metadata: what is known once everything is saved."""
    rows = saved.research
    ids = () if rows is None else (saved.question, rows.instruction, rows.report, saved.answer)
    return {
        "message_ids": [each for each in ids if each is not None],
        "notification_tagged": rows is not None and rows.tagged,
        "session_id": saved.conversation,
    }
