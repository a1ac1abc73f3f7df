"""A server of tools over HTTP that fails: each way is a typed error, within its time."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from adapters.mcp.entry import Address, McpEntry
from adapters.mcp.limits import Flow
from adapters.mcp.server import McpServer
from adapters.memory.clock import ManualClock
from domain.remote_tools import RemoteResult
from domain.tool_server_errors import (
    ToolServerDown,
    ToolServerError,
    ToolServerFlooded,
    ToolServerGarbled,
    ToolServerTimeout,
    ToolServerUnauthorized,
    ToolServerUnreachable,
)
from tests.simulators.mcp_http import McpHttp

FLOW = Flow(message_bytes=500_000, window_messages=300)


@pytest.fixture
async def there() -> AsyncIterator[McpHttp]:
    async with McpHttp() as running:
        yield running


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def server(there: McpHttp, clock: ManualClock) -> AsyncIterator[McpServer]:
    address = Address(there.url, {"Authorization": "Bearer x"})
    entry = McpEntry(name="far", door=address, call_timeout_s=60, flow=FLOW)
    server = McpServer(entry, clock)
    yield server
    await server.aclose()


async def act(server: McpServer) -> RemoteResult:
    return await server.call("act", {}, lambda progress: None)


FAULTS = {
    "refuses": ToolServerUnauthorized,
    "breaks": ToolServerUnreachable,
    "shows a page": ToolServerGarbled,
    "babbles": ToolServerGarbled,
    "encodes": ToolServerGarbled,
    "hangs up": ToolServerGarbled,
    "floods": ToolServerFlooded,
    "never ends": ToolServerFlooded,
    "never ends, event by event": ToolServerFlooded,
}


@pytest.mark.parametrize(("fault", "error"), FAULTS.items())
async def test_a_call_that_fails_fails_alone(
    server: McpServer, there: McpHttp, fault: str, error: type[ToolServerError]
) -> None:
    assert (await server.listing()).tools
    there.fault = fault
    with pytest.raises(error):
        await act(server)
    there.fault = "none"
    assert not (await act(server)).failed


@pytest.mark.parametrize(
    ("fault", "error"),
    [*FAULTS.items()][:5],
)
async def test_a_server_that_fails_from_the_start_is_left_alone_for_a_while(
    server: McpServer, there: McpHttp, clock: ManualClock, fault: str, error: type[ToolServerError]
) -> None:
    there.fault = f"all {fault}"
    with pytest.raises(error):
        await server.listing()
    asked = len(there.told)
    with pytest.raises(ToolServerDown):
        await server.listing()
    assert len(there.told) == asked
    there.fault = "none"
    await clock.advance(1)
    assert not (await act(server)).failed


async def test_nobody_there(clock: ManualClock) -> None:
    entry = McpEntry(name="far", door=Address("http://127.0.0.1:9/mcp", {}))
    server = McpServer(entry, clock)
    with pytest.raises(ToolServerUnreachable):
        await server.listing()
    await server.aclose()


async def test_one_that_says_nothing_is_given_up_and_told_so(there: McpHttp) -> None:
    entry = McpEntry(name="far", door=Address(there.url, {}), start_timeout_s=0.2)
    server = McpServer(entry, ManualClock())
    there.fault = "all says nothing"
    with pytest.raises(ToolServerTimeout):
        await server.listing()
    await server.aclose()


async def test_a_call_that_is_given_up_is_cancelled_there_and_others_go_on(
    server: McpServer, there: McpHttp
) -> None:
    await server.listing()
    there.fault = "says nothing"
    call = asyncio.create_task(act(server))
    await there.heard("tools/call")
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    await there.heard("notifications/cancelled")
    there.fault = "none"
    assert not (await act(server)).failed
    assert there.sessions == 1


async def test_a_call_in_a_forgotten_session_is_made_once_more_in_a_new_one(
    server: McpServer, there: McpHttp
) -> None:
    await act(server)
    there.forget()
    assert not (await act(server)).failed
    assert there.sessions == 2
    assert there.told.count("tools/call") == 2
