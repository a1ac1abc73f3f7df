"""Durable traces of turns."""

from datetime import datetime

from sqlalchemy import bindparam, delete, select, update

from adapters.sql.prepared import Prepared, row_into
from adapters.sql.rows import turn_of, turn_row
from adapters.sql.tables.chat import turns
from adapters.sql.transaction import Transaction
from application.ports.turn_records import TurnRecords
from domain.conversation.conversation import AnswerState
from domain.ids import ConversationId, MessageId, TurnId, UserId
from domain.turn.record import TurnRecord

_INSERT = row_into(turns, *turns.c.keys())
_FIND = select(turns).where(turns.c.turn_id == bindparam("turn"))
_UPDATE = Prepared(
    update(turns)
    .where(turns.c.turn_id == bindparam("turn"))
    .values(state=bindparam("new_state"), answer_id=bindparam("new_answer"))
)
_DROP = Prepared(delete(turns).where(turns.c.turn_id == bindparam("turn")))
_RUNNING = (
    select(turns)
    .where(turns.c.state == AnswerState.RUNNING.value)
    .order_by(turns.c.started_at, turns.c.turn_id)
)
_RUNNING_IN = _RUNNING.where(
    turns.c.customer_id == bindparam("owner"), turns.c.session_id == bindparam("session")
)
_FORGET = delete(turns).where(
    turns.c.state != AnswerState.RUNNING.value, turns.c.started_at < bindparam("moment")
)


class SqlTurnRecords(TurnRecords):
    """Read and written inside a unit of work."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add(self, record: TurnRecord) -> None:
        """Store a new record."""
        await self._transaction.gather(_INSERT, turn_row(record), owner=record.user)

    async def find(self, turn: TurnId) -> TurnRecord | None:
        """Return the record, or None."""
        row = await self._transaction.first("find turn", _FIND, {"turn": turn})
        return None if row is None else turn_of(row)

    async def update(self, turn: TurnId, state: AnswerState, answer: MessageId | None) -> None:
        """Set the state and the answer's row; a turn that is not recorded is left so."""
        await self._transaction.gather(
            _UPDATE, {"turn": turn, "new_state": state.value, "new_answer": answer}
        )

    async def forget(self, turn: TurnId) -> None:
        """Drop the record, so that the turn may run once more; an unknown turn is no error."""
        await self._transaction.gather(_DROP, {"turn": turn})

    async def running(self) -> list[TurnRecord]:
        """Return every record whose state is `running`, oldest first."""
        return [turn_of(row) for row in await self._transaction.all("running turns", _RUNNING)]

    async def running_in(self, user: UserId, conversation: ConversationId) -> list[TurnRecord]:
        """Return the running ones that the user has asked for in one conversation."""
        this = {"owner": user, "session": conversation}
        return [
            turn_of(row) for row in await self._transaction.all("running turns", _RUNNING_IN, this)
        ]

    async def forget_before(self, moment: datetime) -> int:
        """Drop the records of ended turns that started earlier; return how many."""
        result = await self._transaction.write("forget turns", _FORGET, {"moment": moment})
        return result.rowcount
