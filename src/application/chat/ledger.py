"""What of a turn is in the database: the question before, the answer while and after."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from msgspec import Struct, structs

from application.chat.asked_anew import take_over
from application.chat.findings import (
    as_told,
    findings_of,
    tag,
    write_findings,
)
from application.chat.kept import Kept
from application.chat.row_drafts import answer_draft, question_draft
from application.chat.turn_rows import first_row, grown_row, standing_row, write_row
from application.history.editing import Edited
from application.ports.clock import Clock
from application.ports.unit_of_work import Stores, UnitOfWork
from domain.conversation.conversation import (
    AnswerState,
    Conversation,
    ConversationDraft,
    Sender,
)
from domain.errors import AlreadyExists, ConversationNotFound
from domain.ids import MessageId, TurnId, UserId
from domain.storage_errors import StorageError
from domain.turn.ask import Ask, Record
from domain.turn.events import ModelChosen, ResearchRows, Saved
from domain.turn.metering import Metering
from domain.turn.record import TurnRecord
from domain.turn.transcript import Transcript
from domain.usage import billed


class Growing(Struct, frozen=True):
    """A running answer, as far as it has come."""

    kept: Kept
    transcript: Transcript
    chosen: ModelChosen | None


class Ledger:
    """Each method is one short transaction."""

    def __init__(self, work: UnitOfWork, clock: Clock) -> None:
        self._work = work
        self._clock = clock

    async def question(
        self, turn: TurnId, ask: Ask, record: Record, fingerprint: str | None = None
    ) -> Kept:
        """Store the question, and that its turn runs; before it, what a fork brings along.

        Args:
            turn: its id.
            ask: the question.
            record: how it is to be kept.
            fingerprint: of the question as it came in, where it was yet to be spoken then.

        Raises:
            AlreadyExists: the turn was recorded before, by this process or another.
            ConversationNotFound, MessageNotFound: what is asked once more was deleted meanwhile.
            StorageError: nothing was stored.
        """
        try:
            return await self._ask(turn, ask, record, fingerprint or ask.fingerprint)
        except StorageError as error:
            if not record.copied:
                raise
            raise StorageError(error.operation, f"Failed to fork session: {error}") from error

    async def _ask(self, turn: TurnId, ask: Ask, record: Record, fingerprint: str) -> Kept:
        tried: dict[TurnRecord, Kept] = {}

        async def store(db: Stores) -> Kept:
            conversation = await _opened(db, ask.user, record)
            kept = Kept(
                ask,
                record,
                turn,
                conversation.id,
                MessageId(0),
                self._clock.now(),
                code_session=conversation.claude_session_id,
            )
            asked = await self._asked(db, kept)
            running = TurnRecord(
                turn=turn,
                user=ask.user,
                fingerprint=fingerprint,
                conversation=conversation.id,
                question=asked.message,
                started_at=self._clock.now(),
            )
            kept = structs.replace(
                kept, question=asked.message, asked_at=asked.written_at, earlier=asked.earlier
            )
            if record.edits:
                kept = await take_over(db, kept)
            tried[running] = kept
            await self._record(db, running, ask)
            return kept

        try:
            # The turn's own key keeps it from being stored twice.
            return await self._work.run(store, repeatable=True)
        except AlreadyExists:
            if (mine := await self._got_through(turn, tried)) is None:
                raise
            return mine

    async def unkept(self, turn: TurnId, ask: Ask) -> None:
        """Store that a turn runs which is not kept, for whoever asks again under its key.

        Raises:
            AlreadyExists, StorageError: as `question`.
        """
        running = TurnRecord(
            turn=turn, user=ask.user, fingerprint=ask.fingerprint, started_at=self._clock.now()
        )
        try:
            await self._work.run(lambda db: self._record(db, running, ask), repeatable=True)
        except AlreadyExists:
            if await self._work.run(lambda db: db.turns.find(turn)) != running:
                raise

    async def _record(self, db: Stores, running: TurnRecord, ask: Ask) -> None:
        await db.turns.add(running)
        if ask.key is not None:
            # One that ran under this key, and was forgotten since, is not to be paid by this one.
            earlier = TurnId(self._clock.new_id())
            await db.usage.rename(ask.user, running.turn, earlier)

    async def _asked(self, db: Stores, kept: Kept) -> Edited:
        if kept.record.again:
            return await standing_row(db, kept)
        draft = question_draft(kept.ask, kept.record)
        return await write_row(db, kept, self._clock.now(), Sender.USER, draft)

    async def _got_through(self, turn: TurnId, tried: Mapping[TurnRecord, Kept]) -> Kept | None:
        """Return that attempt, unheard of so far, which did store the question."""
        found = await self._work.run(lambda db: db.turns.find(turn))
        return None if found is None else tried.get(found)

    async def answers(self, growing: Sequence[Growing]) -> list[Kept]:
        """Store running answers as far as they have come, all or none; as `answer` does.

        Raises:
            StorageError: nothing was stored.
        """
        storing = [
            self._storing(each.kept, each.transcript, each.chosen, AnswerState.RUNNING, None)
            for each in growing
        ]

        async def store(db: Stores) -> list[Kept]:
            return [await each(db) for each in storing]

        return await self._work.run(store)

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
        the answer, and billed even when there is none. Where the question was deleted meanwhile,
        its answer is not stored.

        Raises:
            StorageError: nothing was stored.
        """
        return await self._work.run(self._storing(kept, transcript, chosen, state, metering))

    def _storing(
        self,
        kept: Kept,
        transcript: Transcript,
        chosen: ModelChosen | None,
        state: AnswerState,
        metering: Metering | None,
    ) -> Callable[[Stores], Awaitable[Kept]]:
        """Return what stores the answer as it is now."""
        draft = answer_draft(kept.record, transcript, chosen, state)
        usage = None if metering is None else metering.told()
        session = transcript.code_session or kept.code_session

        async def store(db: Stores) -> Kept:
            now = await _heard_of(db, kept) if kept.doubtful else kept
            if (found := transcript.research) is not None and found.report:
                now = await write_findings(db, now, found, state, self._clock.now())
            if now.answer is not None:
                said = as_told(draft, now)
                now = await grown_row(db, now, now.answer, said, state, usage)
            elif draft.has_content and not now.gone:
                now = await first_row(db, now, self._clock.now(), as_told(draft, now), state, usage)
            elif now.report is not None and usage is not None:
                changes: dict[str, Any] = {"usage": usage}
                this = (kept.ask.user, kept.conversation, now.report)
                await db.conversations.change_message(*this, changes, turn=kept.turn)
            # A report that is whole stays so, whatever becomes of the turn.
            growing = now.answer or (None if found is None or found.whole else now.report)
            if state is not AnswerState.RUNNING or growing != kept.growing:
                await db.turns.update(kept.turn, state, growing)
            if state is AnswerState.COMPLETED and found is not None and found.completed:
                now = await tag(db, now)
            if metering is not None:
                await db.usage.put(billed(kept.turn, kept.ask.user, metering, self._clock.now()))
            if session != kept.code_session:
                await _went_on_in(db, kept, session)
            return structs.replace(now, growing=growing, doubtful=False, code_session=session)

        return store

    async def bill(self, turn: TurnId, user: UserId, metering: Metering) -> None:
        """Store what a call took beside any turn: it costs money too. Safe to repeat.

        Raises:
            StorageError: nothing was stored.
        """
        record = billed(turn, user, metering, self._clock.now())
        await self._work.run(lambda db: db.usage.put(record), repeatable=True)

    async def over(
        self, turn: TurnId, ask: Ask, state: AnswerState, metering: Metering | None
    ) -> None:
        """Store that a turn has ended which is not kept, and what it took. Safe to repeat.

        Of an interrupted one nothing is left, so that it may be asked anew.

        Raises:
            StorageError: nothing was stored.
        """
        bill = None if metering is None else billed(turn, ask.user, metering, self._clock.now())

        async def store(db: Stores) -> None:
            if ask.key is not None and state is AnswerState.INTERRUPTED:
                await db.turns.forget(turn)
            elif ask.key is not None:
                await db.turns.update(turn, state, None)
            if bill is not None:
                await db.usage.put(bill)

        await self._work.run(store, repeatable=True)

    async def saved(self, kept: Kept) -> Saved | None:
        """Return what the turn left in the history; after an edit, with the conversation itself.

        None when what it had left there was deleted meanwhile.
        """
        if kept.gone:
            return None
        rows = None
        if kept.instruction is not None and kept.report is not None:
            rows = ResearchRows(kept.instruction, kept.report, kept.tagged)
        saved = Saved(kept.conversation, kept.question, kept.answer, research=rows)
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


async def _opened(db: Stores, user: UserId, record: Record) -> Conversation:
    """Return the conversation of a question; a fork is a new one with the copies in it."""
    if record.again:
        return await db.conversations.change(user, record.conversation)
    conversation = await db.conversations.open(user, record.conversation)
    for said in record.copied:
        await db.conversations.add_message(user, conversation.id, said.sender, said.draft)
    return conversation


async def _went_on_in(db: Stores, kept: Kept, session: str | None) -> None:
    """Note the Claude Code session in the conversation's row, which stays in its place."""
    draft = ConversationDraft(id=kept.conversation, claude_session_id=session, touch=False)
    with suppress(ConversationNotFound):  # Deleted while the model spoke.
        await db.conversations.change(kept.ask.user, draft)


async def _heard_of(db: Stores, kept: Kept) -> Kept:
    """Return where the turn is, if the attempt that nobody heard of has stored anything."""
    with suppress(ConversationNotFound):
        # It may be at it still: what writes into a conversation keeps this waiting.
        await db.conversations.hold(kept.ask.user, kept.conversation)
    if kept.ask.work == "research":
        return await findings_of(db, kept)
    record = await db.turns.find(kept.turn) if kept.answer is None else None
    return structs.replace(kept, answer=record.answer) if record else kept
