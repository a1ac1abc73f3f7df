"""Closes sockets that nobody uses: one task for all of them, so that an idle socket costs none."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta

from application.flow.alongside import alongside
from application.ports.clock import Clock
from entrypoints.web.chat_session import ChatSession
from entrypoints.web.watched import Watched


class IdleSockets:
    """Knows the open sessions; a frame from the client or a running turn counts as use."""

    def __init__(self, clock: Clock, limit_s: float) -> None:
        self._clock = clock
        self._limit_s = limit_s
        self._open: dict[ChatSession, None] = {}

    def watched(self, session: ChatSession) -> Watched[ChatSession, None]:
        """Watch the session for as long as the block lasts."""
        return Watched(self._open, session, None)

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
                    self._open.pop(session, None)
                    closing.create_task(session.expire())
