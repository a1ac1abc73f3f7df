"""A chat socket without a network: what the client says goes in, the frames come out."""

import asyncio
import json
from types import TracebackType
from typing import Any, Self, cast

from litestar import WebSocket
from litestar.exceptions import WebSocketDisconnect

from adapters.memory.clock import settle
from application.chat.ask_again import AskAgain
from application.files.links import FileLinks
from domain.ids import UserId
from entrypoints.web.asking import Asking
from entrypoints.web.chat_session import ChatSession
from entrypoints.web.deliveries import Deliveries
from entrypoints.web.errors import stage_of
from entrypoints.web.line import Line
from entrypoints.web.shown_turns import ShownTurns
from entrypoints.web.wire.client_message import ClientMessage
from entrypoints.web.wire.frames import Framer
from entrypoints.web.wire.history import saved_session
from tests.unit.rig import ANNA, Rig

Frame = dict[str, Any]


class FakeSocket:
    """Plays the transport: keeps what is sent, hands over what is said, knows when it is closed."""

    def __init__(self) -> None:
        self.scope: dict[str, Any] = {"extensions": {}}
        self.sent: list[Frame] = []
        self.closed: tuple[int, str] | None = None
        self.room = asyncio.Event()
        """Cleared, the transport takes nothing for a while."""
        self.room.set()
        self.broken = False
        self._said: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    def say(self, *messages: object) -> None:
        for message in messages:
            text = message if isinstance(message, str) else json.dumps(message)
            self._said.put_nowait({"type": "websocket.receive", "text": text, "bytes": None})

    def say_bytes(self, data: bytes) -> None:
        self._said.put_nowait({"type": "websocket.receive", "text": None, "bytes": data})

    def hang_up(self) -> None:
        self._said.put_nowait({"type": "websocket.disconnect", "code": 1006})

    async def receive(self) -> dict[str, Any]:
        return await self._said.get()

    async def send(self, event: dict[str, Any]) -> None:
        await self.room.wait()
        if self.closed or self.broken:
            raise WebSocketDisconnect(detail="gone")
        self.sent.append(json.loads(event["text"]))

    async def close(self, code: int, reason: str = "") -> None:
        if self.closed:
            raise RuntimeError("closed twice")
        self.closed = (code, reason)
        self.hang_up()


class Client:
    """A client with an open socket, as its session sees it; leaving hangs up."""

    def __init__(self, rig: Rig, user: UserId = ANNA, deliveries: Deliveries | None = None) -> None:
        self.socket = FakeSocket()
        self.line = Line(cast("WebSocket[Any, Any, Any]", self.socket), rig.clock)
        links = FileLinks("a secret", "https://chat.example", 3600, rig.clock)
        framer = Framer(stage_of, lambda saved: saved_session(saved, links))
        deliveries = deliveries or Deliveries()
        shown = ShownTurns(self.line, user, rig.turns, framer, deliveries, rig.clock)
        asking = Asking(AskAgain(rig.store))
        self.session = ChatSession(
            self.line, user, shown, asking, rig.turns, rig.approvals, rig.clock
        )
        self.serving: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.leave()

    async def leave(self) -> None:
        """Hang up, and wait until the session has noticed."""
        self.socket.hang_up()
        if self.serving is not None:
            await self.serving

    async def say(self, *messages: object) -> list[Frame]:
        """Say something and return the frames it brings about now."""
        before = len(self.socket.sent)
        rest = list(messages)
        if self.serving is None:
            first = cast("dict[str, Any]", rest.pop(0))
            run = self.session.run(ClientMessage(first))
            self.serving = asyncio.create_task(run)
        self.socket.say(*rest)
        await settle(60)
        return self.socket.sent[before:]

    def kinds(self) -> list[str]:
        return [frame["type"] for frame in self.socket.sent]

    @property
    def text(self) -> str:
        return "".join(f["content"] for f in self.socket.sent if f["type"] == "text_chunk")


def asking(prompt: str = "Why?", local_id: str | None = None, **more: Any) -> Frame:
    said = {"prompt": prompt} | ({"local_id": local_id} if local_id else {})
    return {"user_input": said, "settings": {"text": {"model": "swift"}}, **more}


PAIR = ["text_completed", "tts_not_requested"]
