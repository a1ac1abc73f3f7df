"""One client of the chat socket, which notes when what arrived and works it out afterwards."""

import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import msgspec

from benchmarks.provider import STAMP_DIGITS

_STAMP_WIDTH = STAMP_DIGITS + 1


class Frame(msgspec.Struct):
    """What a client has to read of a frame."""

    type: str
    content: Any = None
    seq: int | None = None
    seq_from: int | None = None


_decode = msgspec.json.Decoder(Frame).decode


class WrongAnswer(Exception):
    """The server did not send what it was asked for: its speed does not matter then."""


class Turn(msgspec.Struct):
    """What a client saw of one turn."""

    tokens: int
    frames: int
    first_token_ms: float
    """From sending the question to receiving the first token."""
    latencies_us: list[float]
    """Of each token, from the provider's sending to our receiving it."""


class Client:
    """An open socket on which nothing runs."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket

    async def greet(self) -> None:
        """Go through the handshake, so that the server waits for a question."""
        await self._until("websocket_ready")
        await self._socket.send_str('{"type":"ping"}')
        await self._until("pong")

    async def _until(self, kind: str) -> None:
        while _decode(await self._socket.receive_str()).type != kind:
            pass

    async def ask(self, question: dict[str, Any], tokens: int) -> Turn:
        """Ask and read the whole answer.

        Raises:
            WrongAnswer: tokens are missing, or the numbers of the frames have a gap.
        """
        asked_ns = time.perf_counter_ns()
        await self._socket.send_str(msgspec.json.encode(question).decode())
        heard: list[tuple[int, Frame]] = []
        while True:
            data = await self._socket.receive_str()
            frame = _decode(data)
            heard.append((time.perf_counter_ns(), frame))
            if frame.type == "tts_not_requested":
                return _seen(asked_ns, heard, tokens)


def _seen(asked_ns: int, heard: list[tuple[int, Frame]], tokens: int) -> Turn:
    chunks = [(at, frame.content) for at, frame in heard if frame.type == "text_chunk"]
    latencies = [
        (at - int(text[start : start + STAMP_DIGITS])) / 1000
        for at, text in chunks
        for start in range(0, len(text), _STAMP_WIDTH)
    ]
    if len(latencies) != tokens:
        said = [frame for _, frame in heard if frame.type == "error"]
        raise WrongAnswer(f"{len(latencies)} of {tokens} tokens arrived; errors: {said[:1]}")
    _check_numbers([frame for _, frame in heard])
    return Turn(tokens, len(chunks), (chunks[0][0] - asked_ns) / 1e6, latencies)


def _check_numbers(frames: list[Frame]) -> None:
    last = 0
    for frame in frames:
        if frame.seq is None or frame.seq == last:
            continue  # The relay numbers nothing; frames of one event share its number.
        if (frame.seq_from or frame.seq) != last + 1:
            raise WrongAnswer(f"frame {frame.seq} follows {last}")
        last = frame.seq


@asynccontextmanager
async def connected(
    http: aiohttp.ClientSession, url: str, token: str
) -> AsyncGenerator[Client, None]:
    """Open a socket and wait until the server is ready for a question."""
    headers = {"Authorization": f"Bearer {token}"}
    async with http.ws_connect(url, headers=headers, max_msg_size=0) as socket:
        client = Client(socket)
        await client.greet()
        yield client
