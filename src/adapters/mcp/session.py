"""One live session with a server. Imported with the SDK, which takes two seconds, when needed."""

import asyncio
import importlib.metadata
from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, TypeVar

import mcp_types as wire
from mcp.client.session import ClientSession, IncomingMessage
from mcp.client.subscriptions import SubscriptionLost, listen
from mcp.shared.exceptions import MCPError
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from adapters.mcp import http, process, translate
from adapters.mcp.entry import McpEntry, Program
from adapters.mcp.errors import NOBODY_THERE, meaning, of_start
from adapters.mcp.health import Health
from adapters.mcp.hiding import Hiding
from adapters.mcp.limits import MOST_PAGES, MOST_TOOLS, Gauge
from application.flow.alongside import alongside
from application.ports.tool_server import Heard
from domain.remote_tools import Listing, Progress, RemoteResult
from domain.tool_server_errors import ToolServerFlooded

T = TypeVar("T")
_LISTEN_AGAIN_S = (1.0, 60.0)


class _Client(ClientSession):
    """The SDK's session; without callbacks it refuses whatever a server asks of its client."""

    async def validate_tool_result(self, name: str, result: wire.CallToolResult) -> None:
        """Leave results as they are: a schema of strangers may take for ever to be checked."""


class McpSession:
    """What can be asked of a server that is there."""

    def __init__(
        self, entry: McpEntry, client: ClientSession, health: Health, gauge: Gauge
    ) -> None:
        self._entry = entry
        self._gauge = gauge
        self._client = client
        self._hiding = Hiding(entry.secrets)
        self._asked: set[asyncio.Task[Any]] = set()
        self._retired = False
        self.health = health

    async def listing(self) -> Listing:
        """Return what is offered.

        Raises:
            SessionOver: the session is over, and has to be made again.
            ToolServerError: it failed.
        """
        tools = await self._own_task(self._tools())
        return await asyncio.to_thread(translate.listing, tools, self._hiding)

    async def call(self, tool: str, arguments: Mapping[str, Any], heard: Heard) -> RemoteResult:
        """Call a tool; raises as `listing`."""

        async def hears(progress: float, total: float | None, message: str | None) -> None:
            shown = None if message is None else self._hiding.text(message)
            heard(Progress(progress, total, shown))

        answer = await self._own_task(
            self._client.call_tool(tool, dict(arguments), progress_callback=hears)
        )
        # Megabytes of it, perhaps, to be decoded and searched.
        return await asyncio.to_thread(translate.result, answer, self._hiding)

    async def listens(self, changed: Callable[[], None]) -> None:
        """Hear of changes where a server tells of them only to those who ask."""
        tools = (self._client.server_capabilities or wire.ServerCapabilities()).tools
        asks = self._client.protocol_version in MODERN_PROTOCOL_VERSIONS
        if not asks or tools is None or not tools.list_changed:
            return
        wait_s, longest_s = _LISTEN_AGAIN_S
        while True:
            try:
                async with listen(self._client, tools_list_changed=True) as changes:
                    wait_s = _LISTEN_AGAIN_S[0]
                    async for _ in changes:
                        changed()
            except (MCPError, SubscriptionLost):
                wait_s = min(2 * wait_s, longest_s)
            await asyncio.sleep(wait_s)
            changed()  # Whatever there was meanwhile, nobody has heard of it.

    def retire(self) -> None:
        """End once what is being asked has been answered."""
        self._retired = True
        if not self._asked:
            self.health.ends()

    async def end_calls(self) -> None:
        """Break off what is still being asked."""
        for task in self._asked:
            task.cancel()
        if self._asked:
            await asyncio.wait(self._asked)

    async def _tools(self) -> list[wire.Tool]:
        found: list[wire.Tool] = []
        cursor: str | None = None
        async with asyncio.timeout(self._entry.start_timeout_s):
            for _ in range(MOST_PAGES):
                params = wire.PaginatedRequestParams(cursor=cursor)
                page = await self._client.list_tools(params=params)
                found.extend(page.tools)
                cursor = page.next_cursor
                if cursor is None or len(found) > MOST_TOOLS:
                    break
        return found

    async def _own_task(self, work: Coroutine[Any, Any, T]) -> T:
        """Wait for work that may outlive the waiting.

        The SDK tells the server when a request is given up, and waits until that is written: a
        turn that was cancelled does not.
        """
        task = asyncio.create_task(work)
        self._asked.add(task)
        task.add_done_callback(self._done)
        try:
            await asyncio.wait({task})
        finally:
            task.cancel()
        try:
            return task.result()
        except asyncio.CancelledError as cancelled:
            raise self.health.failure or of_broken(self._entry.name) from cancelled
        except Exception as failure:
            raise self._means(failure) from failure

    def _means(self, failure: Exception) -> Exception:
        if self._gauge.flooded:
            return ToolServerFlooded(self._entry.name, "sends more than can be taken")
        return self.health.failure or meaning(self._entry.name, failure, self._hiding)

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._asked.discard(task)
        if not task.cancelled():
            task.exception()  # Seen: nobody may be waiting any more.
        if self._retired and not self._asked:
            self.health.ends()


def of_broken(name: str) -> Exception:
    """Return the error for what was being asked when the session ended."""
    return meaning(name, ConnectionError(), Hiding(()))


@asynccontextmanager
async def opened(
    entry: McpEntry, changed: Callable[[], None], now: Callable[[], float]
) -> AsyncGenerator[McpSession, None]:
    """Open a session; leaving the block ends it, and the process where it is one.

    Args:
        entry: how the server is reached.
        changed: told when its tools may have changed.
        now: a clock, in seconds.

    Raises:
        ToolServerError: no session came about.
    """
    hiding = Hiding(entry.secrets)
    health, gauge = Health(hiding), Gauge(entry.flow, now)

    async def hears(message: IncomingMessage) -> None:
        if isinstance(message, wire.ToolListChangedNotification):
            changed()

    async with AsyncExitStack() as stack:
        try:
            streams = await stack.enter_async_context(_door(entry, gauge, health))
            client = await stack.enter_async_context(
                _Client(*streams, client_info=_ourselves(), message_handler=hears)
            )
            async with asyncio.timeout(entry.start_timeout_s):
                await _agree(client)
        except Exception as failure:
            raise health.failure or of_start(failure, entry.name, hiding) from failure
        session = McpSession(entry, client, health, gauge)
        stack.push_async_callback(session.end_calls)
        await stack.enter_async_context(alongside(session.listens(changed)))
        yield session


def _door(entry: McpEntry, gauge: Gauge, health: Health) -> Any:
    if isinstance(entry.door, Program):
        return process.conversation(entry.name, entry.door, gauge, health)
    return http.conversation(entry.door, gauge, entry.call_timeout_s, http.connections)


async def _agree(client: ClientSession) -> None:
    """Find a version of the protocol that both speak."""
    try:
        await client.discover()
    except (MCPError, RuntimeError, ValueError) as failure:
        if isinstance(failure, MCPError) and failure.code in NOBODY_THERE:
            raise
        await client.initialize()  # A server of the time before 2026-07-28.


def _ourselves() -> wire.Implementation:
    return wire.Implementation(name="parley", version=importlib.metadata.version("parley"))
