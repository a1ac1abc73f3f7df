"""The rows of a turn: a question's is written once, an answer's while it grows."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import structs

from application.chat.asked_anew import naming, newer_answer, written_beside
from application.chat.kept import Kept
from application.history.editing import Edited, edit
from application.ports.unit_of_work import Stores
from domain.conversation.conversation import (
    AnswerState,
    MessageDraft,
    Place,
    Sender,
)
from domain.conversation.writing import moment_after
from domain.errors import ConversationNotFound, MessageNotFound
from domain.ids import MessageId

_GROWING = ("message", "ai_reasoning", "claude_code_data", "chart_data")
"""What changes in an answer's row once the row is there …"""
_ILLUSTRATED = (
    "image_locations",
    "file_locations",
    "api_image_gen_settings",
    "image_generation_request",
)
"""… and once something was drawn for it."""
_VOICED = ("file_locations", "is_tts", "api_tts_gen_model_name")
"""… and what does once its sound is."""


async def first_row(
    db: Stores,
    kept: Kept,
    now: datetime,
    draft: MessageDraft,
    state: AnswerState,
    usage: Mapping[str, Any] | None,
) -> Kept:
    """Write an answer that has no row yet; return where it is now."""
    try:
        written = await write_row(db, kept, now, Sender.AI, draft, state, usage)
    except ConversationNotFound:
        if kept.record.edits or not await _is_there(db, kept):
            return structs.replace(kept, gone=True)
        # The question was edited meanwhile. The answer is one of several, as those of edits are.
        record, draft = (
            structs.replace(kept.record, edits=True),
            structs.replace(draft, message_id=None),
        )
        one = structs.replace(kept, record=record)
        one = await first_row(db, one, now, draft, state, usage)
        return structs.replace(one, record=kept.record)
    return structs.replace(kept, answer=written.message)


async def grown_row(
    db: Stores,
    kept: Kept,
    answer: MessageId,
    draft: MessageDraft,
    state: AnswerState,
    usage: Mapping[str, Any] | None,
) -> Kept:
    """Bring the row of an answer up to date; return where it is now."""
    said = draft.stated()
    names = (*_GROWING, *_VOICED) if draft.is_tts else _GROWING
    changes: dict[str, Any] = {name: said[name] for name in names if name in said}
    changes |= {
        name: said[name]
        for name in _ILLUSTRATED
        if name in said and said[name] != getattr(kept.record.answer, name)
    }
    changes["state"] = state
    if usage is not None:
        changes["usage"] = usage
    user, gone = kept.ask.user, kept.gone
    this = (user, kept.conversation, answer)
    if state is AnswerState.RUNNING:  # Whether it is still there is asked at the end.
        await db.conversations.grow_message(*this, changes, turn=kept.turn)
        return structs.replace(kept, answer=answer)
    if not await db.conversations.change_message(*this, changes, turn=kept.turn):
        gone = await db.conversations.message(user, answer) is None
        if not gone:
            await _kept_beside(db, kept, answer, changes)
    return structs.replace(kept, answer=answer, gone=gone)


async def _kept_beside(db: Stores, kept: Kept, answer: MessageId, changes: dict[str, Any]) -> None:
    """Write what was said to its end where a turn that answers anew has put its beginning."""
    user, conversation = kept.ask.user, kept.conversation
    for row in await db.conversations.every_message(user, conversation):
        if row.version_of == answer and row.turn_id == kept.turn:
            this = (user, conversation, row.message_id)
            await db.conversations.change_message(*this, changes, turn=kept.turn)
            return


async def standing_row(db: Stores, kept: Kept) -> Edited:
    """Return where the question is that is asked once more, and leave it as it is.

    Raises:
        MessageNotFound: it was deleted, or is not shown any more.
    """
    wanted = kept.record.question.message_id or MessageId(0)
    stored = await db.conversations.message(kept.ask.user, wanted)
    if stored is None or stored.session_id != kept.conversation or stored.replaced:
        raise MessageNotFound(wanted)
    return Edited(stored.message_id, stored.created_at, None)


async def write_row(
    db: Stores,
    kept: Kept,
    now: datetime,
    sender: Sender,
    draft: MessageDraft,
    state: AnswerState | None = None,
    usage: Mapping[str, Any] | None = None,
) -> Edited:
    """Write a message into the row that an edit names, else into a new one; return where it is.

    Raises:
        ConversationNotFound: it was deleted.
        StorageError: nothing was stored.
    """
    user, conversation = kept.ask.user, kept.conversation
    by_turn = None
    if kept.record.edits and state is not None:
        await db.conversations.hold(user, conversation)
        by_turn = {"state": state, "turn_id": kept.turn, "usage": usage}
        if (newer := await newer_answer(db, kept, draft)) is not None:
            return await written_beside(db, kept, newer, draft, by_turn)
        draft = await naming(db, kept, draft)
    if kept.record.edits and draft.message_id:
        edited = await edit(
            db, user, conversation, draft, written_by_turn=by_turn, after=kept.earlier
        )
        if edited is not None:
            if sender is Sender.AI and kept.report is not None:
                follows: dict[str, Any] = {"parent_id": kept.report}
                this = (user, conversation, edited.message)
                await db.conversations.change_message(*this, follows)
            return edited
    place = await _place(db, kept, now, sender)
    added = await db.conversations.add_message(
        user, conversation, sender, draft, turn=kept.turn, state=state, place=place, usage=usage
    )
    return Edited(added, place.at, None)


async def _is_there(db: Stores, kept: Kept) -> bool:
    stored = await db.conversations.message(kept.ask.user, kept.question)
    return stored is not None and stored.session_id == kept.conversation


async def _place(db: Stores, kept: Kept, now: datetime, sender: Sender) -> Place:
    """Return where a new message goes.

    An answer comes after its question, which spares looking further. An edited question may
    be far above: its first answer then comes right behind it.
    """
    if sender is Sender.AI and not kept.record.edits:
        return Place(moment_after(kept.asked_at, now), kept.last, kept.turn)
    end = await db.conversations.end(kept.ask.user, kept.conversation)
    if sender is Sender.USER or end.after == kept.last:
        return end
    return Place(moment_after(kept.asked_at, kept.asked_at), kept.last)
