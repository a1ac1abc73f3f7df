"""Closes sockets whose token does not count any more: one look at the database for all of them.

A token is revoked or expires; a turn that runs goes on either way.
"""

import asyncio
from collections.abc import AsyncGenerator, Collection
from contextlib import asynccontextmanager

import structlog

from application.accounts.token_versions import TokenVersions
from application.flow.alongside import alongside
from application.ports.clock import Clock
from application.ports.tokens import Bearer
from domain.storage_errors import StorageError
from entrypoints.web.close_codes import UNAUTHORIZED
from entrypoints.web.line import Line
from entrypoints.web.watched import Watched

log = structlog.get_logger("socket")

LOOK_S = 3.0


class RevokedSockets:
    """Knows the open sockets and whose they are; whoever revoked a token, a look finds it."""

    def __init__(self, versions: TokenVersions, clock: Clock) -> None:
        self._versions = versions
        self._clock = clock
        self._open: dict[Line, Bearer] = {}

    def watched(self, line: Line, bearer: Bearer) -> Watched[Line, Bearer]:
        """Watch the socket for as long as the block lasts."""
        return Watched(self._open, line, bearer)

    @asynccontextmanager
    async def watching(self) -> AsyncGenerator[None, None]:
        """Close sockets of tokens that count no more for as long as the block lasts."""
        async with alongside(self._watch()):
            yield

    async def _watch(self) -> None:
        while True:
            await self._clock.sleep(LOOK_S)
            if not self._open:
                continue
            now_s = self._clock.now().timestamp()
            await self._close({b for b in self._open.values() if b.expires_s <= now_s})
            try:
                outdated = await self._versions.outdated(set(self._open.values()))
            except StorageError as error:
                # Nothing is known against anybody, and a turn does not need the database.
                log.warning("open sockets not checked", error=error.code)
                continue
            await self._close(outdated)

    async def _close(self, bearers: Collection[Bearer]) -> None:
        lines = [line for line, bearer in self._open.items() if bearer in bearers]
        async with asyncio.TaskGroup() as closing:
            for line in lines:
                self._open.pop(line)
                closing.create_task(line.close(UNAUTHORIZED, "Unauthorized"))
