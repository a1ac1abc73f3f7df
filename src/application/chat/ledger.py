"""What of a turn is in the database: the question before, the answer while and after."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct, structs

from application.ports.clock import Clock
from application.ports.unit_of_work import Stores, UnitOfWork
from domain.conversation.conversation import (
    AnswerState,
    ConversationDraft,
    MessageDraft,
    Sender,
)
from domain.conversation.writing import moment_after
from domain.errors import ConversationNotFound
from domain.ids import ConversationId, MessageId, TurnId, UserId
from domain.turn.ask import Ask, Record
from domain.turn.events import ModelChosen, Saved
from domain.turn.metering import Metering
from domain.turn.prompt import AudioPart, FilePart, ImagePart
from domain.turn.record import TurnRecord
from domain.turn.transcript import Transcript
from domain.usage import billed

EDITABLE = frozenset(
    {
        "message",
        "ai_reasoning",
        "image_locations",
        "file_locations",
        "chart_data",
        "favorite",
        "claude_code_data",
        "api_text_gen_model_name",
        "api_text_gen_settings",
        "api_tts_gen_model_name",
        "api_image_gen_settings",
        "image_generation_request",
    }
)
"""The fields an edit may change; sender, time and flags of a message stay as they were."""

REPLACED: Mapping[str, Any] = {"message": None, "ai_reasoning": None, "chart_data": None}
"""What an edited answer loses of the earlier one where the new one has none."""

GROWING = ("message", "ai_reasoning", "claude_code_data")
"""What changes in an answer's row once the row is there."""


class Kept(Struct, frozen=True):
    """Where a turn is kept."""

    ask: Ask
    record: Record
    turn: TurnId
    conversation: ConversationId
    question: MessageId
    asked_at: datetime | None = None
    """When the question was written; the answer comes later, whatever the clock says."""
    answer: MessageId | None = None
    doubtful: bool = False
    """An attempt to save the answer may have got through without our hearing of it."""
    code_session: str | None = None
    """The Claude Code session that the conversation's row names."""


class Ledger:
    """Each method is one short transaction."""

    def __init__(self, work: UnitOfWork, clock: Clock) -> None:
        self._work = work
        self._clock = clock

    async def question(self, turn: TurnId, ask: Ask, record: Record) -> Kept:
        """Store the question, and that its turn runs.

        Raises:
            AlreadyExists: the turn was recorded before, by this process or another.
            StorageError: nothing was stored.
        """
        async with self._work() as db:
            conversation = await db.conversations.open(ask.user, record.conversation)
            kept = Kept(
                ask,
                record,
                turn,
                conversation.id,
                MessageId(0),
                code_session=conversation.claude_session_id,
            )
            if not record.edits:
                at = await db.conversations.next_moment(ask.user, conversation.id)
                kept = structs.replace(kept, asked_at=at)
            draft = _question(ask, record)
            question = await self._write(db, kept, Sender.USER, draft, at=kept.asked_at)
            await db.turns.add(
                TurnRecord(
                    turn=turn,
                    user=ask.user,
                    fingerprint=ask.fingerprint,
                    conversation=conversation.id,
                    question=question,
                    started_at=self._clock.now(),
                )
            )
        return structs.replace(kept, question=question)

    async def answer(
        self,
        kept: Kept,
        transcript: Transcript,
        chosen: ModelChosen | None,
        state: AnswerState,
        metering: Metering | None = None,
    ) -> Kept:
        """Store the answer as far as it has come; an answer without content gets no row.

        Safe to repeat, even where nobody heard that the time before went well: the row is made
        once and then brought up to date. Once it is known what the turn took, that is stored with
        the answer, and billed even when there is none.

        Raises:
            StorageError: nothing was stored.
        """
        draft = _answer(kept, transcript, chosen, state)
        usage = None if metering is None else metering.told()
        async with self._work() as db:
            answer = kept.answer
            if answer is None and kept.doubtful:
                answer = await _row(db, kept.turn)
            if answer is not None:
                said = draft.stated()
                changes = {name: said[name] for name in GROWING if name in said}
                changes["state"] = state
                if usage is not None:
                    changes["usage"] = usage
                await db.conversations.change_message(
                    kept.ask.user, kept.conversation, answer, changes
                )
            elif draft.has_content:
                answer = await self._write(
                    db, kept, Sender.AI, draft, state, at=self._next(kept), usage=usage
                )
            if state is not AnswerState.RUNNING or answer != kept.answer:
                await db.turns.update(kept.turn, state, answer)
            if metering is not None:
                await db.usage.put(billed(kept.turn, kept.ask.user, metering, self._clock.now()))
            session = transcript.code_session or kept.code_session
            if session != kept.code_session:
                await _went_on_in(db, kept, session)
        return structs.replace(kept, answer=answer, doubtful=False, code_session=session)

    async def bill(self, turn: TurnId, user: UserId, metering: Metering) -> None:
        """Store what a turn took that is not kept: it costs money too. Safe to repeat.

        Raises:
            StorageError: nothing was stored.
        """
        async with self._work() as db:
            await db.usage.put(billed(turn, user, metering, self._clock.now()))

    async def saved(self, kept: Kept) -> Saved:
        """Return what the turn left in the history; after an edit, with the conversation itself."""
        saved = Saved(kept.conversation, kept.question, kept.answer)
        if not (kept.record.edits and kept.record.conversation.id):
            return saved
        async with self._work() as db:
            user, conversation = kept.ask.user, kept.conversation
            try:
                edited = await db.conversations.get(user, conversation)
            except ConversationNotFound:
                return saved  # Deleted while the model spoke.
            messages = await db.conversations.messages(user, (conversation,))
        return structs.replace(
            saved, edited=edited, edited_messages=tuple(messages.get(conversation, ()))
        )

    async def _write(
        self,
        db: Stores,
        kept: Kept,
        sender: Sender,
        draft: MessageDraft,
        state: AnswerState | None = None,
        at: datetime | None = None,
        usage: Mapping[str, Any] | None = None,
    ) -> MessageId:
        user, conversation = kept.ask.user, kept.conversation
        if kept.record.edits and draft.message_id:
            changes = {name: value for name, value in draft.stated().items() if name in EDITABLE}
            if state is not None:
                changes |= {"state": state, "turn_id": kept.turn, "usage": usage}
                changes = {**REPLACED, **changes}
            if await db.conversations.change_message(user, conversation, draft.message_id, changes):
                return draft.message_id
        return await db.conversations.add_message(
            user, conversation, sender, draft, turn=kept.turn, state=state, at=at, usage=usage
        )

    def _next(self, kept: Kept) -> datetime | None:
        """Return when an answer is written: after its question, which spares looking further."""
        return None if kept.asked_at is None else moment_after(kept.asked_at, self._clock.now())


async def _went_on_in(db: Stores, kept: Kept, session: str | None) -> None:
    """Note the Claude Code session in the conversation's row, which stays in its place."""
    user, conversation = kept.ask.user, kept.conversation
    try:
        await db.conversations.get(user, conversation)
    except ConversationNotFound:
        return  # Deleted while the model spoke.
    draft = ConversationDraft(id=conversation, claude_session_id=session, touch=False)
    await db.conversations.open(user, draft)


async def _row(db: Stores, turn: TurnId) -> MessageId | None:
    record = await db.turns.find(turn)
    return record.answer if record else None


def _question(ask: Ask, record: Record) -> MessageDraft:
    draft = record.question
    changes: dict[str, Any] = {}
    if not draft.message:
        changes["message"] = ask.text
    # A client that sends no message object still sees its attachments in the history. Without any,
    # nothing is stated: an edit then leaves the stored lists alone.
    if draft.image_locations is None:
        changes["image_locations"] = _places(ask, ImagePart) or None
    if draft.file_locations is None:
        changes["file_locations"] = _places(ask, FilePart, AudioPart) or None
    return structs.replace(draft, **changes)


def _places(ask: Ask, *kinds: type[ImagePart | FilePart | AudioPart]) -> tuple[str, ...]:
    return tuple(
        part.url
        for part in ask.question
        if isinstance(part, kinds) and not part.url.startswith("data:")
    )


def _answer(
    kept: Kept, transcript: Transcript, chosen: ModelChosen | None, state: AnswerState
) -> MessageDraft:
    draft = kept.record.answer
    changes: dict[str, Any] = {}
    if text := transcript.text:
        changes["message"] = text
    if thinking := transcript.thinking:
        changes["ai_reasoning"] = draft.ai_reasoning or thinking
    if chosen is not None:
        changes["api_text_gen_model_name"] = chosen.model
    if state is AnswerState.CANCELLED and transcript.pieces:
        data: Mapping[str, Any] = draft.claude_code_data or {}
        changes["claude_code_data"] = {**data, "cancelled": True}
    return structs.replace(draft, **changes)
