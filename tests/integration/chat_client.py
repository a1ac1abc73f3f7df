"""The chat socket as a client sees it."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

from websockets.asyncio.client import ClientConnection, connect

Frame = dict[str, Any]
WAIT_S = 30
FIRST_FLAG = frozenset({"text_completed", "text_not_requested"})
SECOND_FLAG = frozenset({"tts_completed", "tts_not_requested", "tts_error"})


class ChatClient:
    """Sends requests and reads frames; everything read is kept in `seen`."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.seen: list[Frame] = []

    async def send(self, message: object) -> None:
        await self.socket.send(message if isinstance(message, str) else json.dumps(message))

    async def next(self) -> Frame:
        """Return the next frame; a frame that does not come fails the test."""
        async with asyncio.timeout(WAIT_S):
            frame = json.loads(await self.socket.recv())
        self.seen.append(frame)
        return frame

    async def until(self, kind: str) -> Frame:
        """Read up to the first frame of this type and return it."""
        while (frame := await self.next())["type"] != kind:
            pass
        return frame

    async def turn(self) -> list[Frame]:
        """Read one turn up to its terminal pair; readiness is not part of it."""
        frames: list[Frame] = []
        flags: set[str] = set()
        while len(flags) < 2:
            frame = await self.next()
            if frame["type"] == "websocket_ready":
                continue
            frames.append(frame)
            if frame["type"] in FIRST_FLAG:
                flags.add("text")
            if frame["type"] in SECOND_FLAG:
                flags.add("speech")
        return frames

    async def nothing_more(self) -> None:
        """Prove that nothing is on its way: the next frame is the answer to our ping."""
        await self.send({"type": "ping"})
        assert (await self.next())["type"] == "pong"

    async def closed(self) -> int:
        """Wait until the server closes and return its code."""
        async with asyncio.timeout(WAIT_S):
            await self.socket.wait_closed()
        code = self.socket.close_code
        assert code is not None
        return code


@asynccontextmanager
async def chat(
    address: str, token: str | None, query: str = ""
) -> AsyncGenerator[ChatClient, None]:
    """Open the chat socket."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    url = f"ws://{address}/chat/ws{query}"
    async with connect(url, additional_headers=headers, max_size=None) as socket:
        yield ChatClient(socket)


def ask(prompt: str, *, local_id: str | None = None, model: str = "demo", **said: Any) -> Frame:
    """Return a request that is kept in the history."""
    return {
        "request_type": "text",
        "user_input": {
            "prompt": [{"type": "text", "text": prompt}],
            "chat_history": [],
            "session_id": "",
            "user_message": {"message": prompt, "local_id": local_id or str(uuid4())},
            **said,
        },
        "user_settings": {"text": {"model": model}},
    }


def kinds(frames: list[Frame]) -> list[str]:
    """Return the types, custom events by their own name, runs of chunks as one."""
    names = [frame.get("event_type") or frame["type"] for frame in frames]
    return [name for place, name in enumerate(names) if place == 0 or names[place - 1] != name]


def text(frames: list[Frame]) -> str:
    """Return the answer as its chunks have it."""
    return "".join(frame["content"] for frame in frames if frame["type"] == "text_chunk")


def numbers(frames: list[Frame]) -> list[int]:
    """Return every number the frames cover, each once; fails when one is missing."""
    covered: list[int] = []
    for frame in frames:
        first, last = frame.get("seq_from", frame["seq"]), frame["seq"]
        if covered and last == covered[-1]:
            continue
        covered.extend(range(first, last + 1))
    assert covered == list(range(covered[0], covered[-1] + 1)), "numbers with gaps or repeats"
    return covered
