"""Signals within one process."""

import asyncio
from collections.abc import AsyncGenerator

from application.ports.signals import Signals
from domain.ids import TurnId


class MemorySignals(Signals):
    """Hands each cancel to every listener of this process."""

    def __init__(self) -> None:
        self._listeners: set[asyncio.Queue[TurnId]] = set()

    async def cancel(self, turn: TurnId) -> None:
        for listener in self._listeners:
            listener.put_nowait(turn)

    async def cancellations(self) -> AsyncGenerator[TurnId, None]:
        waiting: asyncio.Queue[TurnId] = asyncio.Queue()
        self._listeners.add(waiting)
        try:
            while True:
                yield await waiting.get()
        finally:
            self._listeners.discard(waiting)
