"""Closes sockets whose token does not count any more: one look at the database for all of them."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import structlog

from application.accounts.token_versions import TokenVersions
from application.flow.alongside import alongside
from application.ports.clock import Clock
from application.ports.tokens import Bearer
from domain.errors import StorageError
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
        """Close sockets of revoked tokens for as long as the block lasts."""
        async with alongside(self._watch()):
            yield

    async def _watch(self) -> None:
        while True:
            await self._clock.sleep(LOOK_S)
            if not self._open:
                continue
            try:
                outdated = await self._versions.outdated(set(self._open.values()))
            except StorageError as error:
                # Nothing is known against anybody, and a turn does not need the database.
                log.warning("open sockets not checked", error=error.code)
                continue
            revoked = [line for line, bearer in self._open.items() if bearer in outdated]
            async with asyncio.TaskGroup() as closing:
                for line in revoked:
                    self._open.pop(line)
                    closing.create_task(line.close(UNAUTHORIZED, "Unauthorized"))
