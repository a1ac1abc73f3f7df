"""The bare relay of a spoken turn: words, sound and recordings handed on as they are.

The same raw ASGI socket as `benchmarks.relay`, with the providers of `benchmarks.voices`. Text is
cut where a full stop ends a delta, sound stays the Base64 that came; nothing is kept.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import aiohttp
import msgspec
import uvicorn

from benchmarks.relay import Chunk

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_VOICE = "/v1/text-to-speech/v/stream-input"
_decode = msgspec.json.Decoder(Chunk).decode


class VoiceRelay:
    """The ASGI application."""

    def __init__(self, provider: str) -> None:
        self._url = provider
        self._http: aiohttp.ClientSession | None = None

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one connection, or the life of the process."""
        if scope["type"] == "lifespan":
            await receive()
            connector = aiohttp.TCPConnector(limit=0)
            async with aiohttp.ClientSession(connector=connector) as self._http:
                await send({"type": "lifespan.startup.complete"})
                await receive()
            await send({"type": "lifespan.shutdown.complete"})
        elif scope["type"] == "websocket":
            try:
                await self._socket(receive, send)
            except OSError:
                return  # The client left.

    async def _socket(self, receive: Receive, send: Send) -> None:
        assert self._http is not None
        await receive()
        await send({"type": "websocket.accept"})
        await _say(send, "websocket_ready")
        while (event := await receive())["type"] == "websocket.receive":
            message = msgspec.json.decode(event["text"])
            if message.get("type") == "ping":
                await _say(send, "pong")
            elif message.get("request_type") == "audio":
                await self._hear(self._http, receive, send)
            else:
                await self._speak(self._http, message["prompt"], send)

    async def _speak(self, http: aiohttp.ClientSession, prompt: str, send: Send) -> None:
        body = {"messages": [{"role": "user", "content": prompt}], "stream": True}
        async with http.ws_connect(f"{self._url}{_VOICE}") as voice:
            listening = asyncio.create_task(_hand_on(voice, send))
            said, rest = "", b""
            async with http.post(f"{self._url}/v1/chat/completions", json=body) as answer:
                async for data in answer.content.iter_any():
                    *events, rest = (rest + data).split(b"\n\n")
                    for event in events:
                        text = None if event == b"data: [DONE]" else _said(event)
                        if text:
                            await _say(send, "text_chunk", text)
                            said += text
                            if said.endswith(". "):
                                await voice.send_json({"text": said, "flush": True})
                                said = ""
            await voice.send_json({"text": ""})
            await listening
        await _say(send, "text_completed")
        await _say(send, "tts_completed")

    async def _hear(self, http: aiohttp.ClientSession, receive: Receive, send: Send) -> None:
        async with http.ws_connect(f"{self._url}/v1/listen") as ears:
            while sound := (await receive()).get("bytes"):
                await ears.send_bytes(sound)
            await ears.send_json({"type": "CloseStream"})
            heard = (await ears.receive_json())["channel"]["alternatives"][0]["transcript"]
            await _say(send, "transcription_complete", heard)
        await _say(send, "text_completed")
        await _say(send, "tts_not_requested")


def _said(event: bytes) -> str | None:
    return _decode(event[6:]).choices[0].delta.content


async def _hand_on(voice: aiohttp.ClientWebSocketResponse, send: Send) -> None:
    async for message in voice:
        if (sound := msgspec.json.decode(message.data)["audio"]) is None:
            return
        await _say(send, "audio_chunk", sound)


async def _say(send: Send, kind: str, content: str = "") -> None:
    body = {"type": kind, "content": content}
    await send({"type": "websocket.send", "text": msgspec.json.encode(body).decode()})


if __name__ == "__main__":
    uvicorn.run(VoiceRelay(sys.argv[1]), **msgspec.json.decode(sys.argv[2]))
