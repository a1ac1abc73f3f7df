"""The bare relay of a spoken turn that can be cancelled: it drops whatever it was doing."""

import asyncio
import sys

import msgspec
import uvicorn

from benchmarks.voice_relay import Receive, Send, VoiceRelay

_PAIR = ("cancelled", "text_completed", "tts_not_requested")


class HushRelay(VoiceRelay):
    """The same, but it listens while it speaks."""

    async def _socket(self, receive: Receive, send: Send) -> None:
        assert self._http is not None
        await receive()
        await send({"type": "websocket.accept"})
        await _say(send, "websocket_ready")
        speaking: set[asyncio.Task[None]] = set()
        try:
            while (event := await receive())["type"] == "websocket.receive":
                message = msgspec.json.decode(event["text"])
                if message.get("type") == "ping":
                    await _say(send, "pong")
                elif message.get("type") == "cancel":
                    await _stop(speaking)
                    await _say(send, *_PAIR)
                else:
                    work = self._speak(self._http, message["prompt"], send)
                    speaking.add(asyncio.create_task(work))
        finally:
            await _stop(speaking)


async def _stop(tasks: set[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks)
    tasks.clear()


async def _say(send: Send, *kinds: str) -> None:
    for kind in kinds:
        body = {"type": kind, "content": ""}
        await send({"type": "websocket.send", "text": msgspec.json.encode(body).decode()})


if __name__ == "__main__":
    uvicorn.run(HushRelay(sys.argv[1]), **msgspec.json.decode(sys.argv[2]))
