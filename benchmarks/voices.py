"""Simulated providers of a spoken turn, which take no time: words, a voice and ears on one port.

Run as a process of its own; it prints its address and serves until it is killed. A question asks in
words for its answer: `pieces=10 pace_ms=100`. Each piece of text ends with the moment at which its
last word was sent, and its sound begins with that piece, so that whoever hears it can tell how long
it was under way, and whether all of it came in order. A piece is a sentence of five words in three
deltas, and its sound is as long as saying it takes: two seconds.
"""

import asyncio
import base64
import re
import time
from contextlib import suppress
from typing import Any

import msgspec
import uvloop
from aiohttp import WSMsgType, web

FRAMES = 4
"""Of sound for each piece: two seconds …"""
FRAME_BYTES = 24_000
"""… of 24 kHz, 16 bits, one channel."""
TRANSCRIPT = "What was said"
_WISH = re.compile(r"pieces=(\d+) pace_ms=(\d+)")
_FINAL = '{"audio":null,"isFinal":true,"normalizedAlignment":null,"alignment":null}'


def sound_of(piece: str, frame: int) -> bytes:
    """Return a frame of a piece's sound."""
    return f"{frame}|{piece}|".encode().ljust(FRAME_BYTES, b" ")


def delta(text: str | None, finish: str | None = None) -> bytes:
    """Return an event of OpenAI's chat wire."""
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": finish}
    body = {"id": "c", "object": "chat.completion.chunk", "model": "simulated", "choices": [choice]}
    return b"data: " + msgspec.json.encode(body) + b"\n\n"


async def words(request: web.Request) -> web.StreamResponse:
    """Write the pieces, three deltas each."""
    asked = _WISH.search(await request.text())
    pieces, pace_ms = (int(asked[1]), int(asked[2])) if asked else (1, 0)
    answer = web.StreamResponse(headers={"content-type": "text/event-stream"})
    await answer.prepare(request)
    with suppress(ConnectionResetError):  # Who asked has heard enough.
        for number in range(pieces):
            for text in (f"Piece {number} ", "ends ", ""):
                await asyncio.sleep(pace_ms / 1000)
                await answer.write(delta(text or f"at {time.perf_counter_ns()}. "))
        await answer.write(delta(None, "stop") + b"data: [DONE]\n\n")
    return answer


async def voice(request: web.Request) -> web.WebSocketResponse:
    """Speak what is flushed at once."""
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    waiting = ""
    async for message in socket:
        frame: dict[str, Any] = msgspec.json.decode(message.data)
        waiting += frame["text"]
        if frame.get("flush"):
            with suppress(ConnectionResetError):
                for number in range(FRAMES):
                    await socket.send_str(_audio(sound_of(waiting.strip(), number), waiting))
            waiting = ""
        if not frame["text"]:
            await socket.send_str(_FINAL)
            break
    return socket


def _audio(sound: bytes, text: str) -> str:
    times = {
        "charStartTimesMs": [3 * at for at in range(len(text))],
        "charsDurationsMs": [3] * len(text),
        "chars": list(text),
    }
    body = {"audio": base64.b64encode(sound).decode(), "isFinal": None, "alignment": times}
    return msgspec.json.encode(body).decode()


async def ears(request: web.Request) -> web.WebSocketResponse:
    """Hear nothing, but say so at once."""
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    async for message in socket:
        if message.type is WSMsgType.TEXT and "CloseStream" in message.data:
            heard = {"alternatives": [{"transcript": TRANSCRIPT, "confidence": 1.0, "words": []}]}
            result = {"type": "Results", "channel_index": [0, 1], "is_final": True}
            await socket.send_json(result | {"duration": 1.0, "start": 0.0, "channel": heard})
            await socket.send_json({"type": "Metadata", "request_id": "r", "duration": 1.0})
            break
    return socket


async def main() -> None:
    """Serve until killed."""
    app = web.Application()
    app.router.add_post("/v1/chat/completions", words)
    app.router.add_get("/v1/text-to-speech/{voice}/stream-input", voice)
    app.router.add_get("/v1/listen", ears)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(f"http://127.0.0.1:{runner.addresses[0][1]}", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(main())
