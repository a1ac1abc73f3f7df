"""Tools that other servers run."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import NewType

from dishka import Provider, Scope, provide  # pyright: ignore[reportUnknownVariableType] - dishka's own

from adapters.mcp.server import McpServer
from application.agent.offer_remote import NamedServer, OfferRemote
from application.files.keep_file import KeepFile
from application.ports.clock import Clock
from domain.profiles import PROFILES
from entrypoints.wiring.mcp_file import process_environment, read_mcp_file
from entrypoints.wiring.models_file import ModelsFile
from entrypoints.wiring.settings import Settings

ToolServers = NewType("ToolServers", Sequence[NamedServer])
"""Those that the operator has named."""


class RemoteToolsProvider(Provider):
    """No SDK is imported, and nothing started or connected, before a turn may use a server."""

    scope = Scope.APP

    @provide
    async def servers(
        self, settings: Settings, own: ModelsFile, clock: Clock
    ) -> AsyncIterator[ToolServers]:
        """One client for each server of the operator's file; they end with Parley."""
        profiles = {**PROFILES, **own.profiles}
        found = read_mcp_file(settings.mcp_file, process_environment(), profiles)
        servers = [McpServer(one.entry, clock) for one in found]
        yield ToolServers(
            [NamedServer(one.terms, server) for one, server in zip(found, servers, strict=True)]
        )
        async with asyncio.TaskGroup() as group:
            for server in servers:
                group.create_task(server.aclose())

    @provide
    def offer(self, servers: ToolServers, keep: KeepFile, clock: Clock) -> OfferRemote:
        """By profile."""
        return OfferRemote(servers, keep, clock)
