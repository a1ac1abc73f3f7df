"""What the server itself keeps of a user: rows, and turns in memory."""

import asyncio

from application.agent.approvals import Approvals
from application.agent.paused import PausedLoops
from application.chat.answer_states import AnswerStates
from application.chat.turns import Turns
from application.ports.personal_data import PersonalData
from application.ports.turn_log import TurnLog
from application.ports.unit_of_work import UnitOfWork
from domain.account import Account
from domain.errors import TurnNotFound
from domain.ids import TurnId, UserId
from domain.storage_errors import StorageUnavailable

STOP_S = 20.0
"""Longer than a turn goes on trying to save its answer."""


class UserTurns(PersonalData):
    """Turns of this process, and what is remembered of their answers."""

    def __init__(
        self,
        turns: Turns,
        turn_log: TurnLog,
        states: AnswerStates,
        paused: PausedLoops,
        approvals: Approvals,
    ) -> None:
        self._turns = turns
        self._log = turn_log
        self._remembered = (states, paused, approvals)

    async def forget(self, account: Account) -> None:
        """Stop the user's turns, wait until they have saved, and drop all their events.

        Raises:
            StorageUnavailable: a turn did not come to its end.
        """
        user = account.id
        running = [header.turn for header in await self._turns.running(user)]
        for turn in running:
            await self._turns.cancel(user, turn)
        try:
            async with asyncio.timeout(STOP_S):
                for turn in running:
                    await self._ended(user, turn)
        except TimeoutError as error:
            raise StorageUnavailable("stop turns") from error
        await self._log.forget_all(user)
        for memory in self._remembered:
            memory.forget(user)

    async def _ended(self, user: UserId, turn: TurnId) -> None:
        try:
            async with self._turns.follow(user, turn) as batches:
                async for _ in batches:
                    pass
        except TurnNotFound:
            return  # Its owner dropped it.


class UserRows(PersonalData):
    """The account, and every row of the main database that belongs to it."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    async def forget(self, account: Account) -> None:
        """Remove them in one transaction."""
        await self._work.run(lambda db: db.accounts.remove(account.id))
