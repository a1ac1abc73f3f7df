"""Cancelling a spoken turn: how long after it a client still gets sound, beside a bare relay."""

import asyncio
import statistics
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from uuid import uuid4

import aiohttp
import msgspec
import uvloop
from msgspec import Struct

from benchmarks.client import Frame, WrongAnswer
from benchmarks.measure import MODEL
from benchmarks.processes import Parley, Server, provider, relay
from benchmarks.report import Row

TURNS = (1, 10)
CANCELS = {1: 40, 10: 10}
"""Of each turn, one after another, in each round."""
PIECES, PACE_MS = 200, 20
"""Sound comes every 60 ms, four frames of it; nobody hears the end."""
SPREAD_MS = 97
"""Cancels come at moments that have nothing to do with those of the sound."""
MOST_MS = 20.0
"""From sending a cancel to the last sound, in all but one of a hundred."""
_decode = msgspec.json.Decoder(Frame).decode


class Hush(Struct, frozen=True):
    """One cancelled turn; both in ms from sending the cancel."""

    last_sound: float
    """0 where none came."""
    cancelled: float


def rows(parley: Parley, rounds: int) -> list[Row]:
    """Measure both, in turns."""
    ours: dict[int, list[Hush]] = {turns: [] for turns in TURNS}
    bare: dict[int, list[Hush]] = {turns: [] for turns in TURNS}
    with provider("voices") as url:
        more = {
            "LOCAL_BASE_URL": f"{url}/v1",
            "ELEVENLABS_BASE_URL": url,
            "ELEVENLABS_API_KEY": "simulated",
        }
        with parley.served(**more) as server, relay(url, "hush_relay") as limit:
            for target in (server, limit):
                uvloop.run(_measure(target, 1, 2))
            for _ in range(rounds):
                for turns in TURNS:
                    ours[turns] += uvloop.run(_measure(server, turns, CANCELS[turns]))
                    bare[turns] += uvloop.run(_measure(limit, turns, CANCELS[turns]))
    return [row for turns in TURNS for row in _rows_of(turns, ours[turns], bare[turns])]


def _rows_of(turns: int, ours: list[Hush], bare: list[Hush]) -> list[Row]:
    name = f"{turns} spoken {'turn' if turns == 1 else 'turns'}"

    def row(what: str, field: str, most_ms: float | None = None) -> Row:
        mine, theirs = (_p99([getattr(one, field) for one in each]) for each in (ours, bare))
        target = "" if most_ms is None else f"<= {most_ms:g}"
        met = None if most_ms is None else mine <= most_ms
        return Row(
            f"{name}: {what}, ms p99", mine, theirs, mine / theirs if theirs else 0, target, met
        )

    return [
        row("cancel to the last sound", "last_sound", MOST_MS),
        row("cancel to its answer", "cancelled"),
    ]


def _p99(found: list[float]) -> float:
    return statistics.quantiles(found, n=100, method="inclusive")[98]


async def _measure(server: Server, turns: int, cancels: int) -> list[Hush]:
    async with asyncio.TaskGroup() as asking:
        asked = [asking.create_task(_one(server, at, turns, cancels)) for at in range(turns)]
    return [one for each in asked for one in each.result()]


async def _one(server: Server, at: int, turns: int, cancels: int) -> list[Hush]:
    found: list[Hush] = []
    async with _connected(server) as socket:
        for number in range(cancels):
            wait_ms = (at * SPREAD_MS / turns + number * SPREAD_MS * 0.618) % SPREAD_MS
            found.append(await _hushed(socket, wait_ms / 1000))
    return found


async def _hushed(socket: aiohttp.ClientWebSocketResponse, after_s: float) -> Hush:
    """Ask, wait for sound and a moment more, cancel, and read to the end.

    Raises:
        WrongAnswer: the turn was not cancelled.
    """
    await socket.send_str(_question())
    while _decode(await socket.receive_str()).type != "audio_chunk":
        pass
    reading = asyncio.create_task(_to_the_end(socket))
    await asyncio.sleep(after_s)
    await socket.send_str('{"type":"cancel"}')
    sent_ns = time.perf_counter_ns()
    frames = await reading
    sounds = [ns for ns, kind in frames if kind == "audio_chunk"]
    said = [ns for ns, kind in frames if kind == "cancelled"]
    if len(said) != 1:
        raise WrongAnswer(f"not cancelled: {[kind for _, kind in frames][-5:]}")
    last = max((sounds or [sent_ns])[-1], sent_ns)
    return Hush((last - sent_ns) / 1e6, (said[0] - sent_ns) / 1e6)


async def _to_the_end(socket: aiohttp.ClientWebSocketResponse) -> list[tuple[int, str]]:
    frames: list[tuple[int, str]] = []
    while not frames or frames[-1][1] != "tts_not_requested":
        data = await socket.receive_str()
        frames.append((time.perf_counter_ns(), _decode(data).type))
    return frames


@asynccontextmanager
async def _connected(server: Server) -> AsyncGenerator[aiohttp.ClientWebSocketResponse, None]:
    headers = {"Authorization": f"Bearer {server.token}"}
    async with (
        aiohttp.ClientSession() as http,
        http.ws_connect(server.url, headers=headers, max_msg_size=0) as socket,
    ):
        yield socket


def _question() -> str:
    prompt = f"pieces={PIECES} pace_ms={PACE_MS}"
    said = {"prompt": prompt, "user_message": {"message": prompt, "local_id": str(uuid4())}}
    tts = {"tts_auto_execute": True, "streaming": True, "voice": "alice"}
    settings = {"text": {"model": MODEL}, "tts": tts}
    asked = {
        "request_type": "text",
        "prompt": prompt,
        "user_input": said,
        "user_settings": settings,
    }
    return msgspec.json.encode(asked).decode()
