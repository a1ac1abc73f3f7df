"""What is done now and then while turns run, whoever asked for them."""

from collections.abc import Coroutine
from contextlib import aclosing
from datetime import timedelta
from typing import Any

import structlog

from application.chat.checkpoints import Checkpoints
from application.chat.running_turns import RunningTurns
from application.chat.save_answer import SaveAnswer
from application.chat.stop_switch import Cancelled
from application.chat.turn_limits import TurnLimits
from application.ports.clock import Clock
from application.ports.signals import Signals
from application.ports.turn_log import TurnLog
from application.ports.unit_of_work import UnitOfWork
from domain.storage_errors import StorageError
from domain.turn.errors import TurnDeleted

log = structlog.get_logger("turns")


class Chores:
    """Each goes on until it is cancelled; a database that is away ends none of them."""

    def __init__(
        self,
        turn_log: TurnLog,
        signals: Signals,
        work: UnitOfWork,
        checkpoints: Checkpoints,
        save: SaveAnswer,
        clock: Clock,
        limits: TurnLimits,
        running: RunningTurns,
    ) -> None:
        self._log = turn_log
        self._signals = signals
        self._work = work
        self._checkpoints = checkpoints
        self._save = save
        self._clock = clock
        self._limits = limits
        self._running = running

    def all(self) -> tuple[Coroutine[Any, Any, None], ...]:
        """Return all of them, for whoever runs them side by side."""
        return (
            self._obey_signals(),
            self._stop_the_abandoned(),
            self._stop_those_of_nobody(),
            self._checkpoints.keep_on(),
            self._sweep(),
            self._save_the_rest(),
        )

    async def _obey_signals(self) -> None:
        async with aclosing(self._signals.cancellations()) as cancellations:
            async for asked in cancellations:
                why = TurnDeleted() if asked.deleted else Cancelled("Request cancelled")
                self._running.stop(asked.turn, why)

    async def _stop_the_abandoned(self) -> None:
        while True:
            await self._clock.sleep(self._limits.watch_s)
            self._running.stop_abandoned()

    async def _stop_those_of_nobody(self) -> None:
        """Stop the turns of accounts that another process, such as the command line, deletes."""
        while True:
            await self._clock.sleep(self._limits.accounts_s)
            if not (users := self._running.users()):
                continue
            try:
                there = await self._work.run(
                    lambda db, some=users: db.accounts.token_versions(some)
                )
            except StorageError as error:
                # A turn does not need the database.
                log.warning("accounts of running turns not checked", error=error.code)
                continue
            for user in users - there.keys():
                log.info("account deleted while its turns ran", customer=user)
                self._running.stop_all_of(user, TurnDeleted())

    async def _save_the_rest(self) -> None:
        while True:
            await self._clock.sleep(self._limits.save_late_s)
            await self._save.late()

    async def _sweep(self) -> None:
        while True:
            await self._clock.sleep(self._limits.sweep_s)
            await self._log.expire()
            forgotten = self._clock.now() - timedelta(seconds=self._limits.remembered_s)
            try:
                await self._work.run(
                    lambda db, before=forgotten: db.turns.forget_before(before), repeatable=True
                )
            except StorageError as error:
                log.warning("sweeping failed", error=error.code)
