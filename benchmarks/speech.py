"""Spoken turns: Parley beside a relay that hands words and sound on as they are."""

import asyncio
import base64
import math
import statistics
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Any
from uuid import uuid4

import aiohttp
import msgspec
import uvloop
from msgspec import Struct

from benchmarks.client import Frame, WrongAnswer
from benchmarks.measure import MODEL
from benchmarks.processes import Parley, Server, provider, relay
from benchmarks.report import Row
from benchmarks.voices import FRAMES, TRANSCRIPT

PIECES, PACE_MS = 10, 100
TURNS = (1, 10, 100)
MOST_MS = 10.0
"""Added from a piece's last word to its first sound, in all but one of a hundred …"""
PROMISED = 10
"""… with so many spoken turns at once. With more, providers, server and clients wait for one
another's share of the processor, the relay's too: that is told, and nothing is promised."""
IN_A_ROW = 5
"""Turns that a single speaker asks for, since ten pieces are too few to tell one in a hundred."""
RECORDINGS = 20
BLOCK, BLOCKS = 4800, 40
"""Of a recording: a tenth of a second of 24 kHz, sent as fast as it is taken."""
_FIRST = frozenset({"text_completed", "text_not_requested"})
_SECOND = frozenset({"tts_completed", "tts_not_requested", "tts_error"})
_decode = msgspec.json.Decoder(Frame).decode


class Sample(Struct, frozen=True):
    """One run."""

    p50_ms: float
    p99_ms: float
    cpu_ms: float
    """Of one turn, twenty seconds of speech."""


def rows(parley: Parley, rounds: int) -> list[Row]:
    """Measure both, in turns."""
    ours: dict[int, list[Sample]] = {turns: [] for turns in TURNS}
    bare: dict[int, list[Sample]] = {turns: [] for turns in TURNS}
    heard_ours: list[float] = []
    heard_bare: list[float] = []
    with provider("voices") as url:
        more = {
            "LOCAL_BASE_URL": f"{url}/v1",
            "ELEVENLABS_BASE_URL": url,
            "ELEVENLABS_API_KEY": "simulated",
            "DEEPGRAM_BASE_URL": url,
            "DEEPGRAM_API_KEY": "simulated",
        }
        with parley.served(**more) as server, relay(url, "voice_relay") as limit:
            for target in (server, limit):
                uvloop.run(_speak(target, 2))
                uvloop.run(_hear(target))
            for _ in range(rounds):
                for turns in TURNS:
                    ours[turns].append(uvloop.run(_speak(server, turns)))
                    bare[turns].append(uvloop.run(_speak(limit, turns)))
                heard_ours.append(uvloop.run(_hear(server)))
                heard_bare.append(uvloop.run(_hear(limit)))
    found = [row for turns in TURNS for row in _of_turns(turns, ours[turns], bare[turns])]
    mine, theirs = statistics.median(heard_ours), statistics.median(heard_bare)
    return [*found, Row("end of a recording to its transcript, ms", mine, theirs, mine / theirs)]


def _of_turns(turns: int, ours: Sequence[Sample], bare: Sequence[Sample]) -> list[Row]:
    name = f"{turns} spoken {'turn' if turns == 1 else 'turns'}"

    def figures(field: str) -> tuple[float, float, float, float]:
        """Return ours, the relay's, their ratio, and by how much ours is more."""
        mine, theirs = ([getattr(one, field) for one in each] for each in (ours, bare))
        # Of a round's own runs: they share their noise.
        pairs = [*zip(mine, theirs, strict=True)]
        ratio = statistics.median(a / b if b else 0.0 for a, b in pairs)
        more = statistics.median(a - b for a, b in pairs)
        return statistics.median(mine), statistics.median(theirs), ratio, more

    slowest = figures("p99_ms")
    more = slowest[3]
    is_promised = turns <= PROMISED
    target = f"<= relay + {MOST_MS:g}" if is_promised else "none"
    met = more <= MOST_MS if is_promised else None
    wait = f"{name}: last word to first sound, ms"
    return [
        Row(f"{wait} p50", *figures("p50_ms")[:3]),
        Row(f"{wait} p99", *slowest[:3], f"{target}: {more:+.1f}", met),
        Row(f"{name}: CPU ms a turn", *figures("cpu_ms")[:3]),
    ]


async def _speak(server: Server, turns: int) -> Sample:
    async with AsyncExitStack() as sockets:
        clients = await _connect(server, turns, sockets)
        before_s, found = server.cpu_s(), list[float]()
        rounds = IN_A_ROW if turns == 1 else 1
        for _ in range(rounds):
            async with asyncio.TaskGroup() as asking:
                asked = [
                    asking.create_task(_spoken(socket, at / turns))
                    for at, socket in enumerate(clients)
                ]
            found += [ms for each in asked for ms in each.result()]
        used_s = server.cpu_s() - before_s
    found.sort()
    # The least that ninety-nine in a hundred do not exceed.
    p99 = found[math.ceil(len(found) * 0.99) - 1]
    return Sample(found[len(found) // 2], p99, used_s * 1000 / (turns * rounds))


async def _spoken(socket: aiohttp.ClientWebSocketResponse, after_s: float) -> list[float]:
    """Ask, and hear the answer to its end; return how long each piece was under way, in ms.

    Raises:
        WrongAnswer: sound is missing, or out of order.
    """
    await asyncio.sleep(after_s)
    prompt = f"pieces={PIECES} pace_ms={PACE_MS}"
    await socket.send_str(msgspec.json.encode(_question(prompt)).decode())
    found: list[float] = []
    expected = [(piece, frame) for piece in range(PIECES) for frame in range(FRAMES)]
    for at, frame in await _turn(socket):
        if frame.type != "audio_chunk":
            continue
        number, piece, _ = base64.b64decode(frame.content).split(b"|")
        said = piece.rstrip(b".").split()
        if not expected or (int(said[1]), int(number)) != expected.pop(0):
            raise WrongAnswer(f"sound out of order: {piece!r}")
        if number == b"0":
            found.append((at - int(said[-1])) / 1e6)
    if expected:
        raise WrongAnswer(f"{len(expected)} frames of sound are missing")
    return found


async def _hear(server: Server) -> float:
    """Return the median wait from the end of a recording to its transcript, in ms."""
    waits: list[float] = []
    async with AsyncExitStack() as sockets:
        (socket,) = await _connect(server, 1, sockets)
        for _ in range(RECORDINGS):
            await socket.send_str(msgspec.json.encode(_recording()).decode())
            for _ in range(BLOCKS):
                await socket.send_bytes(bytes(BLOCK))
            # Sound that is still on its way is no wait for the transcript.
            await asyncio.sleep(0.05)
            ended_ns = time.perf_counter_ns()
            await socket.send_str('{"type":"stop"}')
            frames = await _turn(socket)
            heard = [(at, f.content) for at, f in frames if f.type == "transcription_complete"]
            if [text for _, text in heard] != [TRANSCRIPT]:
                raise WrongAnswer(f"heard: {[f.type for _, f in frames]}")
            waits.append((heard[0][0] - ended_ns) / 1e6)
    return statistics.median(waits)


async def _turn(socket: aiohttp.ClientWebSocketResponse) -> list[tuple[int, Frame]]:
    heard: list[tuple[int, Frame]] = []
    flags: set[str] = set()
    while len(flags) < 2:
        data = await socket.receive_str()
        frame = _decode(data)
        heard.append((time.perf_counter_ns(), frame))
        if frame.type in _FIRST:
            flags.add("text")
        if frame.type in _SECOND:
            flags.add("sound")
    return heard


async def _connect(
    server: Server, count: int, sockets: AsyncExitStack
) -> list[aiohttp.ClientWebSocketResponse]:
    connector = aiohttp.TCPConnector(limit=0)
    http = await sockets.enter_async_context(aiohttp.ClientSession(connector=connector))
    headers = {"Authorization": f"Bearer {server.token}"}
    opened: list[aiohttp.ClientWebSocketResponse] = []
    for _ in range(count):
        connecting = http.ws_connect(server.url, headers=headers, max_msg_size=0)
        socket = await sockets.enter_async_context(connecting)
        await socket.receive_str()
        await socket.send_str('{"type":"ping"}')
        while _decode(await socket.receive_str()).type != "pong":
            pass
        opened.append(socket)
    return opened


def _question(prompt: str) -> dict[str, Any]:
    said = {
        "prompt": [{"type": "text", "text": prompt}],
        "chat_history": [],
        "session_id": "",
        "user_message": {"message": prompt, "local_id": str(uuid4())},
    }
    tts = {"tts_auto_execute": True, "streaming": True, "voice": "alice"}
    settings = {"text": {"model": MODEL}, "tts": tts}
    return {"request_type": "text", "prompt": prompt, "user_input": said, "user_settings": settings}


def _recording() -> dict[str, Any]:
    speech = {"model": "nova-3", "recording_sample_rate": 24_000}
    settings = {"speech": speech, "general": {"auto_response": False}}
    return {"request_type": "audio", "user_input": {"prompt": ""}, "user_settings": settings}
