"""Durable traces of turns, in memory."""

from datetime import datetime

from msgspec import structs

from adapters.memory.state import Draft
from application.ports.turn_records import TurnRecords
from domain.conversation.conversation import AnswerState
from domain.errors import AccountNotFound, AlreadyExists
from domain.ids import ConversationId, MessageId, TurnId, UserId
from domain.turn.record import TurnRecord


class MemoryTurnRecords(TurnRecords):
    """Read and written inside a unit of work."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft

    async def add(self, record: TurnRecord) -> None:
        """Store a new record."""
        state = await self._draft.writing()
        if record.turn in state.turns:
            raise AlreadyExists("This already exists")
        if record.user not in state.accounts:
            raise AccountNotFound(record.user)
        state.turns[record.turn] = record

    async def find(self, turn: TurnId) -> TurnRecord | None:
        """Return the record, or None."""
        return self._draft.state.turns.get(turn)

    async def update(self, turn: TurnId, state: AnswerState, answer: MessageId | None) -> None:
        """Set the state and the answer's row; a turn that is not recorded is left so."""
        turns = (await self._draft.writing()).turns
        if turn in turns:
            turns[turn] = structs.replace(turns[turn], state=state, answer=answer)

    async def forget(self, turn: TurnId) -> None:
        """Drop the record, so that the turn may run once more; an unknown turn is no error."""
        (await self._draft.writing()).turns.pop(turn, None)

    async def running(self) -> list[TurnRecord]:
        """Return every record whose state is `running`, oldest first."""
        records = self._draft.state.turns.values()
        return sorted(
            (record for record in records if record.state is AnswerState.RUNNING),
            key=lambda record: (record.started_at, record.turn),
        )

    async def running_in(self, user: UserId, conversation: ConversationId) -> list[TurnRecord]:
        """Return the running ones that the user has asked for in one conversation."""
        return [
            record
            for record in await self.running()
            if (record.user, record.conversation) == (user, conversation)
        ]

    async def forget_before(self, moment: datetime) -> int:
        """Drop the records of ended turns that started earlier; return how many."""
        turns = (await self._draft.writing()).turns
        old = [
            turn
            for turn, record in turns.items()
            if record.state is not AnswerState.RUNNING and record.started_at < moment
        ]
        for turn in old:
            del turns[turn]
        return len(old)
