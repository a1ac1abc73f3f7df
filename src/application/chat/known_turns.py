"""Finds a turn by its id: in the log while its events are kept, in its record afterwards."""

from application.ports.turn_log import TurnLog
from application.ports.unit_of_work import UnitOfWork
from domain.conversation.conversation import AnswerState
from domain.errors import QuestionDiffers, TurnNotFound
from domain.ids import TurnId, UserId
from domain.turn.ask import TurnHeader
from domain.turn.errors import TurnInterrupted
from domain.turn.record import TurnRecord


class KnownTurns:
    """Every turn that can still be spoken of."""

    def __init__(self, turn_log: TurnLog, work: UnitOfWork) -> None:
        self._log = turn_log
        self._work = work

    async def header(self, user: UserId, turn: TurnId) -> TurnHeader | None:
        """Return the header of a turn whose events are in the log; None for one that ended.

        Raises:
            TurnNotFound: the user has no such turn.
            TurnInterrupted: it was running when its process died.
        """
        header = await self._log.find(turn)
        if header is not None:
            if header.user != user:
                raise TurnNotFound(turn)
            return header
        record = await self.record(turn)
        if record is None or record.user != user:
            raise TurnNotFound(turn)
        if record.state in (AnswerState.RUNNING, AnswerState.INTERRUPTED):
            raise TurnInterrupted(record.started_at)
        return None

    async def record(self, turn: TurnId) -> TurnRecord | None:
        """Return the turn's durable record."""
        return await self._work.run(lambda db: db.turns.find(turn))

    async def check_question(self, header: TurnHeader) -> None:
        """Make sure that a turn that is there already was asked the same.

        Raises:
            QuestionDiffers: it was not.
        """
        found = await self._log.find(header.turn) or await self.record(header.turn)
        if found is not None and found.fingerprint != header.fingerprint:
            raise QuestionDiffers
