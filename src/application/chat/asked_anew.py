"""The rows of answers to one question that several turns answer, since it was edited meanwhile.

Of these answers one is shown: that of the newest edit, as soon as it has a word. The others are
versions, each beside the words that it answers.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import structs

from application.chat.findings import is_finding
from application.chat.kept import Kept
from application.history.editing import Edited
from application.ports.unit_of_work import Stores
from domain.conversation.conversation import MessageDraft, Sender, StoredMessage
from domain.conversation.editing import answered_anew, editable
from domain.errors import ConversationNotFound
from domain.ids import MessageId, TurnId


async def take_over(db: Stores, kept: Kept) -> Kept:
    """Note who else is answering a question that was just edited, and whose it is from now on."""
    user, conversation = kept.ask.user, kept.conversation
    running = await db.turns.running_in(user, conversation)
    others = frozenset(one.turn for one in running if one.question == kept.question) - {kept.turn}
    if others:
        mine: dict[str, Any] = {"turn_id": kept.turn}
        await db.conversations.change_message(user, conversation, kept.question, mine)
    return structs.replace(kept, others=others)


async def newer_answer(db: Stores, kept: Kept, draft: MessageDraft) -> StoredMessage | None:
    """Return an answer that a later edit of the question has been given already."""
    for stored in await _candidates(db, kept, draft):
        if await _is_newer(db, kept, stored.turn_id):
            return stored
    return None


async def naming(db: Stores, kept: Kept, draft: MessageDraft) -> MessageDraft:
    """Return an edit's answer with the row that is to be written anew, if there is one.

    A client cannot name the answer that was on its way when the edit was made.
    """
    for stored in await _candidates(db, kept, draft):
        if stored.message_id == draft.message_id or stored.turn_id in kept.others:
            return structs.replace(draft, message_id=stored.message_id)
    return structs.replace(draft, message_id=None)


async def written_beside(
    db: Stores, kept: Kept, newer: StoredMessage, draft: MessageDraft, by_turn: Mapping[str, Any]
) -> Edited:
    """Write an answer that comes too late to be shown as a version of the one that is."""
    user, conversation = newer.customer_id, newer.session_id
    after = _words_answered(await _rows(db, kept), kept)
    version = await db.conversations.keep_version(user, conversation, newer.message_id, after)
    if version is None:
        raise ConversationNotFound(conversation)
    changes = {**answered_anew(newer), **editable(newer, draft.stated()), **by_turn}
    await db.conversations.change_message(user, conversation, version, changes)
    return Edited(version, newer.created_at, None)


async def _rows(db: Stores, kept: Kept) -> Sequence[StoredMessage]:
    return await db.conversations.every_message(kept.ask.user, kept.conversation)


async def _candidates(db: Stores, kept: Kept, draft: MessageDraft) -> Sequence[StoredMessage]:
    """Return the answer that the client names, else those that are shown behind the question.

    Clients name the message behind the question, which may be what an answer rests on.
    """
    if draft.message_id is not None:
        named = await db.conversations.message(kept.ask.user, draft.message_id)
        if named is not None and named.session_id == kept.conversation and not is_finding(named):
            return (named,)
    return [
        row
        for row in await _rows(db, kept)
        if row.parent_id == kept.question
        and row.sender is Sender.AI
        and not row.replaced
        and not is_finding(row)
    ]


async def _is_newer(db: Stores, kept: Kept, turn: TurnId | None) -> bool:
    if turn is None or turn == kept.turn:
        return False
    mine, other = await db.turns.find(kept.turn), await db.turns.find(turn)
    if mine is None or other is None or other.question != mine.question:
        return False
    return other.started_at > mine.started_at


def _words_answered(rows: Sequence[StoredMessage], kept: Kept) -> MessageId | None:
    """Return the version of the question that the turn answers; None: it stands as it was asked."""
    asked = (kept.record.question.message or kept.ask.text).strip()
    question = next((row for row in rows if row.message_id == kept.question), None)
    if question is None or (question.message or "").strip() == asked:
        return None
    versions = [
        row.message_id
        for row in rows
        if row.place == question.place
        and row.message_id != question.message_id
        and (row.message or "").strip() == asked
    ]
    return max(versions, default=None)
