"""Runs scenarios against servers and takes their measure."""

import asyncio
import gc
import statistics
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from typing import Any
from uuid import uuid4

import aiohttp
from msgspec import Struct

from benchmarks.client import Client, Turn, connected
from benchmarks.processes import Server
from benchmarks.scenarios import FIRST_TOKEN, IDLE_SOCKETS, RUNNING, WARM_UP, Scenario

MODEL = "local/simulated"
_SAMPLE_S = 0.05


class Target(Struct, frozen=True):
    """A server, and how it is asked."""

    name: str
    server: Server
    question: Callable[[str], dict[str, Any]]


class Sample(Struct, frozen=True):
    """One run of a scenario."""

    tokens_per_cpu_s: float
    tokens_per_frame: float
    p50_ms: float
    p99_ms: float
    first_token_ms: float


class Memory(Struct, frozen=True):
    """What sockets and turns add to a process, in KiB."""

    idle_socket_kib: float
    running_turn_kib: float


def kept(prompt: str) -> dict[str, Any]:
    """Return a question as the web client sends it: question and answer are stored."""
    return {
        "request_type": "text",
        "prompt": prompt,
        "user_input": {
            "prompt": [{"type": "text", "text": prompt}],
            "chat_history": [],
            "session_id": "",
            "user_message": {"message": prompt, "local_id": str(uuid4())},
        },
        "user_settings": {"text": {"model": MODEL}},
    }


def not_kept(prompt: str) -> dict[str, Any]:
    """Return the shortest question; nothing of the turn is stored."""
    return {"prompt": prompt, "settings": {"text": {"model": MODEL}}}


async def warm_up(target: Target) -> None:
    """Have the server do once what it only does once."""
    await sample(target, WARM_UP)


async def sample(target: Target, scenario: Scenario) -> Sample:
    """Run a scenario once."""
    async with AsyncExitStack() as sockets:
        clients = await _connect(target, scenario.turns, sockets)
        before_s = target.server.cpu_s()
        turns = await _ask_all(clients, target, scenario)
        used_s = target.server.cpu_s() - before_s
    latencies = sorted(latency for turn in turns for latency in turn.latencies_us)
    tokens = len(latencies)
    return Sample(
        tokens_per_cpu_s=tokens / max(used_s, 0.01),
        tokens_per_frame=tokens / sum(turn.frames for turn in turns),
        p50_ms=latencies[tokens // 2] / 1000,
        p99_ms=latencies[tokens * 99 // 100] / 1000,
        first_token_ms=statistics.median(turn.first_token_ms for turn in turns),
    )


async def first_token_ms(target: Target) -> float:
    """Return the wait for the first token of a lone turn."""
    return (await sample(target, FIRST_TOKEN)).first_token_ms


async def memory(target: Target) -> Memory:
    """Measure what sockets and turns add; meant for a process that has done nothing yet."""
    await warm_up(target)
    async with AsyncExitStack() as sockets:
        empty = target.server.resident_bytes()
        clients = await _connect(target, IDLE_SOCKETS, sockets)
        idle = target.server.resident_bytes()
        asking = asyncio.create_task(_ask_all(clients[: RUNNING.turns], target, RUNNING))
        peak = idle
        while not asking.done():
            await asyncio.wait({asking}, timeout=_SAMPLE_S)
            peak = max(peak, target.server.resident_bytes())
        await asking
    return Memory((idle - empty) / 1024 / IDLE_SOCKETS, (peak - idle) / 1024 / RUNNING.turns)


async def _connect(target: Target, count: int, sockets: AsyncExitStack) -> list[Client]:
    http = await sockets.enter_async_context(
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
    )
    server = target.server
    return [
        await sockets.enter_async_context(connected(http, server.url, server.token))
        for _ in range(count)
    ]


async def _ask_all(clients: Sequence[Client], target: Target, scenario: Scenario) -> list[Turn]:
    gap_s = scenario.spread_s / len(clients)

    async def ask(number: int, client: Client) -> list[Turn]:
        await asyncio.sleep(number * gap_s)
        return [
            await client.ask(target.question(scenario.prompt), scenario.tokens)
            for _ in range(scenario.repeats)
        ]

    gc.collect()
    gc.disable()  # A pause of the client would be taken for one of the server.
    try:
        async with asyncio.TaskGroup() as group:
            asked = [group.create_task(ask(*each)) for each in enumerate(clients)]
    finally:
        gc.enable()
    return [turn for task in asked for turn in task.result()]
