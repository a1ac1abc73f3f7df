"""Work that goes on by itself, step by step, for longer than any process lives."""

import asyncio
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Protocol, Self

import structlog

from application.ports.clock import Clock

log = structlog.get_logger("work")

AFTER_SURPRISE_S = 60.0
"""Until the next attempt after a failure that nobody foresaw."""


class Stepwise(Protocol):
    """One kind of work: a use case that does what can be done now.

    All that a step needs to know is stored. So any process can do the next one, a step may be
    cancelled or die anywhere, and doing one again does no harm.
    """

    async def left(self) -> Sequence[str]:
        """Return the ids of all work of this kind that is not over."""
        ...

    async def step(self, job: str) -> float | None:
        """Do what can be done now; return the seconds until the next step, None when it is over.

        0: there is more to do now.
        """
        ...


class GoingOn:
    """Goes on with all work of a process; entered when the process begins.

    Each piece of work has one task, so steps of it never overlap here. That no other process does
    them too is its operator's business.
    """

    def __init__(self, kinds: Mapping[str, Stepwise], clock: Clock) -> None:
        """Take what does each kind of work, by its name."""
        self._kinds = kinds
        self._clock = clock
        self._tasks: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._hurried: dict[tuple[str, str], asyncio.Event] = {}
        self._open = False

    async def __aenter__(self) -> Self:
        """Take up what earlier processes have left."""
        self._open = True
        for kind, work in self._kinds.items():
            for job in await work.left():
                self.go_on(kind, job)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop at once: the next process goes on from the last step."""
        self._open = False
        tasks = [*self._tasks.values()]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    def go_on(self, kind: str, job: str) -> None:
        """Do the next step of new work, or of other work without waiting any longer.

        Where nothing is entered, as in a process that only hands work over, it is left to be done.
        """
        if not self._open:
            return
        key = (kind, job)
        self._hurried.setdefault(key, asyncio.Event()).set()
        if key not in self._tasks:
            task = asyncio.create_task(self._do(kind, job), name=f"{kind} {job}")
            self._tasks[key] = task
            task.add_done_callback(lambda _: self._over(key))

    async def over(self, kind: str, job: str) -> None:
        """Wait until the work is over, or until this process stops doing it."""
        task = self._tasks.get((kind, job))
        if task is not None:
            await asyncio.wait([task])

    async def drop(self, kind: str, job: str) -> None:
        """Stop doing a piece of work that is not wanted any more."""
        task = self._tasks.get((kind, job))
        if task is not None:
            task.cancel()
            await asyncio.wait([task])

    def _over(self, key: tuple[str, str]) -> None:
        self._tasks.pop(key, None)
        self._hurried.pop(key, None)

    async def _do(self, kind: str, job: str) -> None:
        hurried = self._hurried[kind, job]
        while True:
            hurried.clear()
            wait_s = await self._step(kind, job)
            if wait_s:
                await self._until(hurried, wait_s)
            elif wait_s is None and not hurried.is_set():
                return

    async def _step(self, kind: str, job: str) -> float | None:
        try:
            return await self._kinds[kind].step(job)
        except Exception:
            log.exception("a step failed unexpectedly", kind=kind, job=job)
            return AFTER_SURPRISE_S

    async def _until(self, hurried: asyncio.Event, wait_s: float) -> None:
        waits = {
            asyncio.create_task(hurried.wait()),
            asyncio.create_task(self._clock.sleep(wait_s)),
        }
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            await asyncio.wait(waits)
