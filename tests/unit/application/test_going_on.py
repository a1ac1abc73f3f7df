"""Work that goes on by itself: taken up, hurried, waited for, dropped, and left for the next."""

import asyncio
from collections.abc import Sequence

from adapters.memory.clock import ManualClock, settle
from application.background.going_on import AFTER_SURPRISE_S, GoingOn, Stepwise


class Countdown(Stepwise):
    """Is over after some steps, of which each waits ten seconds."""

    def __init__(self, steps: int, *left: str) -> None:
        self._left = left
        self._steps = dict.fromkeys((*left, "new"), steps)
        self.done: list[str] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def left(self) -> Sequence[str]:
        return self._left

    async def step(self, job: str) -> float | None:
        await self.gate.wait()
        self.done.append(job)
        self._steps[job] -= 1
        return 10.0 if self._steps[job] else None


async def test_what_earlier_processes_left_is_taken_up() -> None:
    clock, work = ManualClock(), Countdown(2, "a", "b")
    async with GoingOn({"work": work}, clock) as going_on:
        await settle()
        assert work.done == ["a", "b"]
        await clock.advance(10)
        await going_on.over("work", "a")
    assert work.done == ["a", "b", "a", "b"]


async def test_a_hurry_ends_the_wait_and_one_that_comes_during_a_step_is_not_lost() -> None:
    clock, work = ManualClock(), Countdown(4)
    async with GoingOn({"work": work}, clock) as going_on:
        going_on.go_on("work", "new")
        await settle()
        going_on.go_on("work", "new")
        await settle()
        assert work.done == ["new"] * 2
        work.gate.clear()
        going_on.go_on("work", "new")
        await settle()
        going_on.go_on("work", "new")
        work.gate.set()
        await going_on.over("work", "new")
    assert work.done == ["new"] * 4, "the last hurry is a step of its own"
    assert clock.sleepers == 0


async def test_the_end_of_the_process_waits_for_nothing() -> None:
    clock, work = ManualClock(), Countdown(2, "a")
    work.gate.clear()
    async with GoingOn({"work": work}, clock) as going_on:
        await settle()
    assert work.done == []
    going_on.go_on("work", "new")
    await settle()
    assert work.done == []


async def test_dropped_work_is_done_no_more() -> None:
    clock, work = ManualClock(), Countdown(2, "a")
    async with GoingOn({"work": work}, clock) as going_on:
        await settle()
        await going_on.drop("work", "a")
        await clock.advance(60)
        assert work.done == ["a"]


async def test_a_surprise_is_no_end() -> None:
    class Broken(Countdown):
        async def step(self, job: str) -> float | None:
            await super().step(job)
            if len(self.done) == 1:
                raise ZeroDivisionError
            return None

    clock, work = ManualClock(), Broken(9, "a")
    async with GoingOn({"work": work}, clock) as going_on:
        await settle()
        await clock.advance(AFTER_SURPRISE_S)
        await going_on.over("work", "a")
    assert work.done == ["a", "a"]
