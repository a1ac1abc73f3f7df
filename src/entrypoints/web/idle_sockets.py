"""Closes sockets that nobody uses: one task for all of them, so that an idle socket costs none."""

import asyncio
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta

from application.flow.alongside import alongside
from application.ports.clock import Clock
from entrypoints.web.chat_session import ChatSession


class IdleSockets:
    """Knows the open sessions; a frame from the client or a running turn counts as use."""

    def __init__(self, clock: Clock, limit_s: float) -> None:
        self._clock = clock
        self._limit_s = limit_s
        self._open: set[ChatSession] = set()

    @contextmanager
    def watched(self, session: ChatSession) -> Generator[None, None, None]:
        """Watch the session for as long as the block lasts."""
        self._open.add(session)
        try:
            yield
        finally:
            self._open.discard(session)

    @asynccontextmanager
    async def watching(self) -> AsyncGenerator[None, None]:
        """Close idle sockets for as long as the block lasts."""
        async with alongside(self._watch()):
            yield

    async def _watch(self) -> None:
        while True:
            await self._clock.sleep(min(self._limit_s / 4, 30))
            latest = self._clock.now() - timedelta(seconds=self._limit_s)
            idle = [s for s in self._open if (t := s.idle_since()) is not None and t <= latest]
            async with asyncio.TaskGroup() as closing:
                for session in idle:
                    self._open.discard(session)
                    closing.create_task(session.expire())
