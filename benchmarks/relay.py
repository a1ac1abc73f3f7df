"""The bare relay: what any server has to do, and nothing else. It is the limit Parley is held to.

A raw ASGI socket that sends a client's question to the provider and each token back, one frame a
token: no framework, no database, no log, nothing that could be resumed, followed or cancelled. It
speaks as much of the chat socket as the benchmark's client does, under the same uvicorn with the
same options (given as JSON), with the fastest HTTP client there is.
"""

import sys
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import aiohttp
import msgspec
import uvicorn

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_READY = '{"type":"websocket_ready","content":"Backend ready","version":"2.0"}'
_PONG = '{"type":"pong"}'
_PAIR = ('{"type":"text_completed","content":""}', '{"type":"tts_not_requested","content":""}')


class Delta(msgspec.Struct):
    """What is read of a chunk's choice."""

    content: str | None = None


class Choice(msgspec.Struct):
    """One of the answers; there is one."""

    delta: Delta


class Chunk(msgspec.Struct):
    """One payload of the provider's stream."""

    choices: list[Choice]


class TextChunk(msgspec.Struct, tag_field="type", tag="text_chunk"):
    """One token's frame."""

    content: str
    chunk_index: int


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Chunk).decode


class Relay:
    """The ASGI application."""

    def __init__(self, provider: str) -> None:
        self._url = f"{provider}/chat/completions"
        self._session: aiohttp.ClientSession | None = None

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one connection, or the life of the process."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "websocket":
            try:
                await self._socket(receive, send)
            except OSError:
                return  # The client left.

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(connector=connector) as self._session:
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})

    async def _socket(self, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.send", "text": _READY})
        while (event := await receive())["type"] == "websocket.receive":
            message = msgspec.json.decode(event["text"])
            if message.get("type") == "ping":
                await send({"type": "websocket.send", "text": _PONG})
            else:
                await self._turn(message["prompt"], send)

    async def _turn(self, prompt: str, send: Send) -> None:
        assert self._session is not None
        body = {
            "model": "simulated",
            "messages": [{"role": "user", "content": prompt}],
            "stream": True,
        }
        said = 0
        async with self._session.post(self._url, json=body) as answer:
            rest = b""
            async for data in answer.content.iter_any():
                *events, rest = (rest + data).split(b"\n\n")
                for event in events:
                    payload = event[6:]
                    if payload == b"[DONE]":
                        break
                    if text := _decode(payload).choices[0].delta.content:
                        said += 1
                        frame = _encode(TextChunk(text, said)).decode()
                        await send({"type": "websocket.send", "text": frame})
        for frame in _PAIR:
            await send({"type": "websocket.send", "text": frame})


if __name__ == "__main__":
    uvicorn.run(Relay(sys.argv[1]), **msgspec.json.decode(sys.argv[2]))
