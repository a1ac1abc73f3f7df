"""Which tools of other servers a turn may use."""

import asyncio
from collections.abc import Iterator, Sequence

import structlog
from msgspec import Struct

from application.agent.tool import Tool
from application.agent.tools.remote import AbsentRemote, CallRemote
from application.files.keep_file import KeepFile
from application.ports.clock import Clock
from application.ports.tool_server import ToolServer
from domain.errors import ParleyError
from domain.remote_tools import ANY, ServerTerms

log = structlog.get_logger("mcp")

MOST_TOOLS = 100
"""Of all servers, in one turn; providers of models take 128 in all."""


class NamedServer(Struct, frozen=True):
    """A server, and what the operator lets it be used for."""

    terms: ServerTerms
    server: ToolServer


class OfferRemote:
    """Who is asked is the operator's choice alone: nothing of a request names a server."""

    def __init__(self, servers: Sequence[NamedServer], keep: KeepFile, clock: Clock) -> None:
        self._servers = servers
        self._keep = keep
        self._clock = clock

    async def __call__(self, profile: str) -> Sequence[Tool]:
        """Return the tools for turns of the profile, server by server.

        All servers are asked at once. Of one that does not answer those tools are offered that
        it is known to have: to call them is to try it again.
        """
        named = [each for each in self._servers if profile in each.terms.profiles]
        if not named:
            return ()
        async with asyncio.TaskGroup() as group:
            asked = [group.create_task(self._of(each, profile)) for each in named]
        found = [tool for each in asked for tool in each.result()]
        if len(found) > MOST_TOOLS:
            log.warning("too many remote tools", profile=profile, found=len(found))
        return found[:MOST_TOOLS]

    async def _of(self, named: NamedServer, profile: str) -> list[Tool]:
        server, terms = named.server, named.terms
        try:
            listing = await server.listing()
        except ParleyError as error:
            log.info("tool server not available", server=terms.name, error=error.code)
            if (listing := server.known) is None:
                return list(_absent(terms, profile, error))
        return [
            CallRemote(server, terms, tool, self._keep, self._clock)
            for tool in listing.tools
            if terms.allows(profile, tool.name)
        ]


def _absent(terms: ServerTerms, profile: str, why: ParleyError) -> Iterator[Tool]:
    for name in terms.profiles[profile]:
        if name != ANY:
            yield AbsentRemote(terms.offered_name(name), why)
