"""Databases that keep others waiting."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from adapters.memory.unit_of_work import MemoryUnitOfWork
from application.ports.clock import Clock
from application.ports.unit_of_work import Stores, UnitOfWork
from domain.storage_errors import StorageUnavailable


class Locked(UnitOfWork):
    """A database that another program has locked: each transaction waits for it, and in vain."""

    def __init__(self, clock: Clock, waits_s: float) -> None:
        self.inner: MemoryUnitOfWork | None = None
        self._clock = clock
        self._waits_s = waits_s
        self.locked = False

    def __call__(self) -> AbstractAsyncContextManager[Stores]:
        return self._transaction()

    @asynccontextmanager
    async def _transaction(self) -> AsyncGenerator[Stores, None]:
        if self.locked:
            await self._clock.sleep(self._waits_s)
            raise StorageUnavailable("begin")
        assert self.inner is not None
        async with self.inner() as stores:
            yield stores


class Waiting(UnitOfWork):
    """A database whose next commit waits at a gate, or is followed by a wait."""

    def __init__(self) -> None:
        self.inner: MemoryUnitOfWork | None = None
        self.gate: asyncio.Event | None = None
        self.waiting = asyncio.Event()
        self.late = False

    def __call__(self) -> AbstractAsyncContextManager[Stores]:
        return self._transaction()

    @asynccontextmanager
    async def _transaction(self) -> AsyncGenerator[Stores, None]:
        assert self.inner is not None
        async with self.inner() as stores:
            yield stores
            if not self.late:
                await self._wait()
        if self.late:
            await self._wait()

    async def _wait(self) -> None:
        if self.gate is not None:
            self.waiting.set()
            await self.gate.wait()
