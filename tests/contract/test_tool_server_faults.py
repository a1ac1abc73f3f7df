"""A program that fails: each way is a typed error, within its time, and leaves nothing."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path

import pytest

from adapters.mcp.entry import McpEntry, Program
from adapters.mcp.limits import Flow
from adapters.mcp.server import McpServer
from adapters.memory.clock import ManualClock
from domain.errors import NotConfigured
from domain.remote_tools import RemoteText
from domain.tool_server_errors import (
    ToolServerDown,
    ToolServerError,
    ToolServerFlooded,
    ToolServerGarbled,
    ToolServerGone,
    ToolServerTimeout,
    ToolServerUnreachable,
)

FAULTS = Path(__file__).parents[1] / "simulators" / "mcp_faults.py"
SEEN = {"WORD": "x"}
SECRET = "sesame-open-1"
Start = Callable[..., McpServer]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def diary(tmp_path: Path) -> Path:
    return tmp_path / "diary"


@pytest.fixture
async def start(clock: ManualClock, diary: Path) -> AsyncIterator[Start]:
    """Return a server of a program that fails in the way it is named for."""
    started: list[McpServer] = []

    def make(fault: str, start_timeout_s: float = 15, command: str = sys.executable) -> McpServer:
        program = Program(command, (str(FAULTS), fault, str(diary)), SEEN, grace_s=0.2)
        entry = McpEntry(
            name="faulty",
            door=program,
            start_timeout_s=start_timeout_s,
            secrets=frozenset({SECRET}),
            flow=Flow(message_bytes=1_000_000, window_messages=300),
        )
        started.append(McpServer(entry, clock))
        return started[-1]

    yield make
    for server in started:
        await server.aclose()
    await until(lambda: not any(map(_runs, _pids(diary))))


async def ask(server: McpServer) -> str:
    """Have the one tool called, and return its words."""
    result = await server.call("act", {"n": 1}, lambda progress: None)
    (part,) = result.parts
    assert isinstance(part, RemoteText)
    return part.text


async def test_a_server_of_the_old_protocol_is_spoken_to_and_its_secrets_are_hidden(
    start: Start, diary: Path
) -> None:
    server = start("none")
    assert [tool.name for tool in (await server.listing()).tools] == ["act"]
    assert await ask(server) == "for *** only"
    assert "sees ['PARLEY_RUN', 'WORD']" in noted(diary)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("dies", ToolServerGone),
        ("garbage", ToolServerGarbled),
        ("endless", ToolServerFlooded),
        ("floods", ToolServerFlooded),
    ],
)
async def test_what_fails_in_a_call_fails_the_call_and_is_left_alone_for_a_while(
    start: Start, clock: ManualClock, diary: Path, fault: str, error: type[ToolServerError]
) -> None:
    server = start(fault)
    with pytest.raises(error) as failed:
        await ask(server)
    assert SECRET not in f"{failed.value} {failed.value.detail}"
    await until(lambda: not any(map(_runs, _pids(diary))))
    with pytest.raises(ToolServerDown) as resting:
        await ask(server)
    assert resting.value.retry_after_s == 1
    assert len(_pids(diary)) == 1
    await clock.advance(1)
    with pytest.raises(error):
        await ask(server)
    assert len(_pids(diary)) == 2
    await until(lambda: not any(map(_runs, _pids(diary))))
    with pytest.raises(ToolServerDown) as resting:
        await server.listing()
    assert resting.value.retry_after_s == 2


async def test_one_that_ends_at_once_says_why_to_the_operator_only(start: Start) -> None:
    with pytest.raises(ToolServerGone) as failed:
        await start("exits").listing()
    assert failed.value.detail == "ModuleNotFoundError: no module 'x'"
    assert "Module" not in str(failed.value)


async def test_one_that_never_answers_is_given_up_in_its_time(start: Start) -> None:
    with pytest.raises(ToolServerTimeout):
        await start("mute", start_timeout_s=0.2).listing()


async def test_a_program_that_is_not_there_is_named_to_the_operator(start: Start) -> None:
    with pytest.raises(ToolServerUnreachable) as failed:
        await start("none", command="no-such-program").listing()
    assert failed.value.detail == "no-such-program"


async def test_a_variable_that_is_not_set_is_named(clock: ManualClock) -> None:
    entry = McpEntry(name="x", door=Program("x", (), {}), unset="X_TOKEN")
    with pytest.raises(NotConfigured, match="X_TOKEN is not set"):
        await McpServer(entry, clock).listing()


async def test_a_greeting_is_no_garbage(start: Start) -> None:
    assert (await start("greets").listing()).tools


async def test_who_asks_something_back_is_refused_and_can_go_on(start: Start, diary: Path) -> None:
    assert await ask(start("asks back")) == "for *** only"
    refusals = [line for line in noted(diary) if line.startswith("ask-")]
    assert refusals == [
        "ask-0: Sampling not supported",
        "ask-1: Elicitation not supported",
        "ask-2: List roots not supported",
    ]


async def test_a_call_that_is_given_up_is_cancelled_there_too(start: Start, diary: Path) -> None:
    server = start("mute call")
    call = asyncio.create_task(ask(server))
    await until(lambda: "tools/call" in noted(diary))
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    await until(lambda: "notifications/cancelled" in noted(diary))
    assert len((await server.listing()).tools) == 1


async def test_a_changed_list_is_asked_for_again(start: Start) -> None:
    server = start("changes")
    assert len((await server.listing()).tools) == 1
    await ask(server)
    async with asyncio.timeout(5):
        while len((await server.listing()).tools) == 1:
            await server.call("act", {}, lambda progress: None)


async def test_what_a_program_has_started_ends_with_it(start: Start, diary: Path) -> None:
    server = start("stubborn")
    await server.listing()
    pids = _pids(diary)
    assert len(pids) == 2
    assert all(map(_runs, pids))
    await server.aclose()
    await until(lambda: not any(map(_runs, pids)))
    with pytest.raises(ToolServerGone):
        await server.listing()


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110 - of another process
            await asyncio.sleep(0.005)


def noted(diary: Path) -> list[str]:
    return diary.read_text().splitlines() if diary.exists() else []


def _pids(diary: Path) -> list[int]:
    return [int(line[4:]) for line in noted(diary) if line.startswith("pid ")]


def _runs(pid: int) -> bool:
    with suppress(ProcessLookupError, FileNotFoundError):
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    return False
