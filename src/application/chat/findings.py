"""The rows that research leaves between a question and its answer (contract: deep research §7)."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

import msgspec
from msgspec import structs

from application.chat.kept import Kept
from application.ports.unit_of_work import Stores
from domain.conversation.conversation import (
    AnswerState,
    ConversationDraft,
    MessageDraft,
    Place,
    Sender,
    StoredMessage,
)
from domain.conversation.tree import Turnout
from domain.conversation.writing import moment_after
from domain.errors import ConversationNotFound
from domain.ids import MessageId
from domain.research import NOTIFICATION, Research

_STAGE = "deep_research_stage"
_FINDINGS = ("optimization", "research")


async def write_findings(
    db: Stores, kept: Kept, found: Research, state: AnswerState, now: datetime
) -> Kept:
    """Store what was to be found out and what was, as far as it has come."""
    draft = _report(kept, found, state)
    own_state = AnswerState.COMPLETED if found.whole else state
    user, conversation = kept.ask.user, kept.conversation
    if kept.report is not None:
        changes: dict[str, Any] = {**draft.stated(), "state": own_state}
        await db.conversations.change_message(
            user, conversation, kept.report, changes, turn=kept.turn
        )
        return kept
    if kept.record.edits:
        # The question may be far above: what is behind it stays there.
        now = kept.asked_at
    asked = Place(moment_after(kept.asked_at, now), kept.question)
    try:
        if kept.record.edits:
            await _put_earlier_aside(db, kept)
        instruction = await db.conversations.add_message(
            user,
            conversation,
            Sender.SYSTEM,
            _instruction(kept, found),
            turn=kept.turn,
            place=asked,
        )
        place = Place(moment_after(asked.at, now), instruction)
        report = await db.conversations.add_message(
            user, conversation, Sender.AI, draft, turn=kept.turn, state=own_state, place=place
        )
    except ConversationNotFound:
        return structs.replace(kept, gone=True)
    return structs.replace(kept, instruction=instruction, report=report, asked_at=place.at)


def as_told(draft: MessageDraft, kept: Kept) -> MessageDraft:
    """Return the answer's row with what it rests on."""
    if kept.report is None:
        return draft
    data: dict[str, Any] = {
        **(draft.claude_code_data or {}),
        _STAGE: "analysis",
        "based_on_research_message_id": kept.report,
        "message_type": "deep_research_analysis",
    }
    return structs.replace(draft, claude_code_data=data)


async def tag(db: Stores, kept: Kept) -> Kept:
    """Mark the conversation; its other tags and its place in the list stay as they are."""
    user = kept.ask.user
    with suppress(ConversationNotFound):
        tags = (await db.conversations.hold(user, kept.conversation)).tags
        if NOTIFICATION not in tags:
            draft = ConversationDraft(id=kept.conversation, tags=(*tags, NOTIFICATION), touch=False)
            await db.conversations.change(user, draft)
        return structs.replace(kept, tagged=True)
    return kept


def is_finding(row: StoredMessage) -> bool:
    """Return whether a row is what an answer rests on, and not an answer."""
    return row.claude_code_data.get(_STAGE) in _FINDINGS


async def findings_of(db: Stores, kept: Kept) -> Kept:
    """Return where the turn is by the rows that it has written."""
    rows = await db.conversations.every_message(kept.ask.user, kept.conversation)
    for row in rows:
        if row.turn_id != kept.turn or row.version_of is not None:
            continue
        match row.claude_code_data.get(_STAGE):
            case "optimization":
                kept = structs.replace(kept, instruction=row.message_id)
            case "research":
                kept = structs.replace(kept, report=row.message_id, asked_at=row.created_at)
            case "analysis":
                kept = structs.replace(kept, answer=row.message_id)
            case _:
                continue
    return kept


async def _put_earlier_aside(db: Stores, kept: Kept) -> None:
    """Hide what an earlier run has found for the question that is asked anew."""
    user, conversation = kept.ask.user, kept.conversation
    rows = await db.conversations.every_message(user, conversation)
    earlier = {
        row.message_id
        for row in rows
        if row.parent_id == kept.question and is_finding(row) and not row.replaced
    }
    hidden = set(earlier)
    for row in rows:  # In order of writing: what follows comes later.
        if row.parent_id in hidden and row.message_id != kept.record.answer.message_id:
            hidden.add(row.message_id)
    if hidden:
        parents: Mapping[MessageId, MessageId | None] = (
            {} if kept.earlier is None else dict.fromkeys(earlier, kept.earlier)
        )
        turned = Turnout(frozenset(), frozenset(hidden))
        await db.conversations.turn_out(user, conversation, turned, parents)


def _instruction(kept: Kept, found: Research) -> MessageDraft:
    return MessageDraft(
        message=found.instruction,
        ai_character_name=kept.record.answer.ai_character_name,
        claude_code_data={
            _STAGE: "optimization",
            "generated_by_model": found.written_by,
            "message_type": "deep_research_optimized_prompt",
        },
    )


def _report(kept: Kept, found: Research, state: AnswerState) -> MessageDraft:
    data: dict[str, Any] = {
        "deep_research_citations": msgspec.to_builtins(found.sources),
        "citations_count": len(found.sources),
        _STAGE: "research",
        "message_type": "deep_research_raw_results",
    }
    if state is AnswerState.CANCELLED and not found.whole:
        data["cancelled"] = True
    return MessageDraft(
        message=found.report,
        ai_character_name=kept.record.answer.ai_character_name,
        api_text_gen_model_name=found.model,
        api_text_gen_settings=found.settings or None,
        claude_code_data=data,
    )
