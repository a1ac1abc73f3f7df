"""The turns that this process runs, and whether anybody watches them."""

from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime

from application.chat.stop_switch import Cancelled, StopSwitch
from application.ports.clock import Clock
from domain.errors import ParleyError
from domain.ids import TurnId, UserId
from domain.turn.ask import TurnHeader


class RunningTurn:
    """One of them."""

    def __init__(self, header: TurnHeader, alone_s: float, now: datetime) -> None:
        """Begin without readers.

        Args:
            header: whose turn it is.
            alone_s: how long it goes on without any reader.
            now: when it begins.
        """
        self.header = header
        self.alone_s = alone_s
        self.switch = StopSwitch()
        self.readers = 0
        self.alone_since = now
        """When the last reader left; of interest while there is none."""


class RunningTurns:
    """All of them; few enough to be looked through."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._turns: dict[TurnId, RunningTurn] = {}

    def add(self, running: RunningTurn) -> None:
        """Note that a turn runs here."""
        self._turns[running.header.turn] = running

    def remove(self, turn: TurnId) -> None:
        """Note that it no longer does."""
        del self._turns[turn]

    def of(self, user: UserId) -> int:
        """Return how many turns of the user run here."""
        return sum(running.header.user == user for running in self._turns.values())

    def users(self) -> set[UserId]:
        """Return whose turns run here."""
        return {running.header.user for running in self._turns.values()}

    @contextmanager
    def watched(self, turn: TurnId) -> Generator[None, None, None]:
        """Count somebody among the turn's readers for as long as the block lasts."""
        running = self._turns.get(turn)
        if running is None:
            yield
            return
        running.readers += 1
        try:
            yield
        finally:
            running.readers -= 1
            running.alone_since = self._clock.now()

    def stop(self, turn: TurnId, why: ParleyError) -> None:
        """Stop the turn, if it runs here."""
        if (running := self._turns.get(turn)) is not None:
            running.switch.stop(why)

    def stop_all_of(self, user: UserId, why: ParleyError) -> None:
        """Stop those of one user."""
        for running in self._turns.values():
            if running.header.user == user:
                running.switch.stop(why)

    def stop_abandoned(self) -> None:
        """Stop those that have gone on without any reader for too long."""
        now = self._clock.now()
        for running in self._turns.values():
            alone_s = (now - running.alone_since).total_seconds()
            if running.readers == 0 and alone_s >= running.alone_s:
                running.switch.stop(Cancelled("Nobody was reading any more"))

    def stop_all(self, why: ParleyError) -> None:
        """Stop every one of them."""
        for running in self._turns.values():
            running.switch.stop(why)
