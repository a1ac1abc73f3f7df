"""What a dead process left running."""

import structlog

from application.ports.unit_of_work import Stores, UnitOfWork
from domain.conversation.conversation import AnswerState

log = structlog.get_logger("turns")


class RecoverTurns:
    """Marks turns whose process died as interrupted; their questions and partial text stay.

    Of those that were not kept nothing is left, so that they may be asked anew.
    """

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    async def __call__(self) -> int:
        """Run at start-up, before any turn of this process; return how many were marked."""
        marked = await self._work.run(_mark, repeatable=True)
        if marked:
            log.warning("turns of an earlier process were interrupted", turns=marked)
        return marked


async def _mark(db: Stores) -> int:
    left = await db.turns.running()
    for record in left:
        if not record.is_kept:
            await db.turns.forget(record.turn)
            continue
        await db.turns.update(record.turn, AnswerState.INTERRUPTED, record.answer)
        if record.answer is not None:
            await db.conversations.change_message(
                record.user,
                record.conversation,
                record.answer,
                {"state": AnswerState.INTERRUPTED},
                turn=record.turn,
            )
    return sum(record.is_kept for record in left)
