"""The durable trace of turns."""

from datetime import datetime
from typing import Protocol

from domain.conversation.conversation import AnswerState
from domain.ids import ConversationId, MessageId, TurnId, UserId
from domain.turn.record import TurnRecord


class TurnRecords(Protocol):
    """Read and written inside a unit of work."""

    async def add(self, record: TurnRecord) -> None:
        """Store a new record.

        Raises:
            AlreadyExists: the turn is recorded already; the unit of work is lost.
        """
        ...

    async def find(self, turn: TurnId) -> TurnRecord | None:
        """Return the record, or None."""
        ...

    async def update(self, turn: TurnId, state: AnswerState, answer: MessageId | None) -> None:
        """Set the state and the answer's row."""
        ...

    async def forget(self, turn: TurnId) -> None:
        """Drop the record, so that the turn may run once more; an unknown turn is no error."""
        ...

    async def running(self) -> list[TurnRecord]:
        """Return every record whose state is `running`, oldest first."""
        ...

    async def running_in(self, user: UserId, conversation: ConversationId) -> list[TurnRecord]:
        """Return the running ones that the user has asked for in one conversation."""
        ...

    async def forget_before(self, moment: datetime) -> int:
        """Drop the records of ended turns that started earlier; return how many."""
        ...
