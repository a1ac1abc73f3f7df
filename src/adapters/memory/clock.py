"""A clock that stands still until it is moved."""

import asyncio
import heapq
import itertools
from datetime import UTC, datetime, timedelta
from uuid import UUID

from application.ports.clock import Clock


class ManualClock(Clock):
    """Time moves only by `advance`; ids count upwards."""

    def __init__(self, start: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        self._now = start
        self._ids = itertools.count(1)
        self._order = itertools.count()
        self._sleepers: list[tuple[datetime, int, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        return self._now

    async def sleep(self, seconds: float) -> None:
        waking = asyncio.get_running_loop().create_future()
        due = self._now + timedelta(seconds=seconds)
        heapq.heappush(self._sleepers, (due, next(self._order), waking))
        await waking

    def new_id(self) -> str:
        return str(UUID(int=next(self._ids), version=4))

    @property
    def sleepers(self) -> int:
        """How many wait for time to pass."""
        return sum(not waking.done() for _, _, waking in self._sleepers)

    async def advance(self, seconds: float) -> None:
        """Let time pass, waking every sleeper at its moment and letting it run on."""
        until = self._now + timedelta(seconds=seconds)
        while self._sleepers and self._sleepers[0][0] <= until:
            due, _, waking = heapq.heappop(self._sleepers)
            self._now = max(self._now, due)
            if not waking.done():
                waking.set_result(None)
                await settle()
        self._now = until
        await settle()


async def settle(rounds: int = 20) -> None:
    """Let every task that can go on do so."""
    for _ in range(rounds):
        await asyncio.sleep(0)
