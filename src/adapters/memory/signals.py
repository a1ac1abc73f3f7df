"""Signals within one process."""

import asyncio
from collections.abc import AsyncGenerator

from application.ports.signals import Cancellation, Signals
from domain.ids import TurnId


class MemorySignals(Signals):
    """Hands each cancel to every listener of this process."""

    def __init__(self) -> None:
        self._listeners: set[asyncio.Queue[Cancellation]] = set()

    async def cancel(self, turn: TurnId, *, deleted: bool = False) -> None:
        for listener in self._listeners:
            listener.put_nowait(Cancellation(turn, deleted))

    async def cancellations(self) -> AsyncGenerator[Cancellation, None]:
        waiting: asyncio.Queue[Cancellation] = asyncio.Queue()
        self._listeners.add(waiting)
        try:
            while True:
                yield await waiting.get()
        finally:
            self._listeners.discard(waiting)
