"""One socket as its session sees it: decoded messages in, frames out."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any, cast

from litestar import WebSocket
from litestar.exceptions import WebSocketDisconnect

from application.ports.clock import Clock
from entrypoints.web.close_codes import TOO_BIG
from entrypoints.web.direct_socket import direct_socket
from entrypoints.web.wire.client_message import ClientMessage
from entrypoints.web.wire.custom_events import Body
from entrypoints.web.wire.dictation import STOP_WORDS
from entrypoints.web.wire.frame import Frame, connection_part, frame
from entrypoints.web.wire.json_text import decoded

LARGEST_BINARY = 1024 * 1024


class ClientGone(Exception):
    """The socket is closed, by whichever side."""


class NotJson(Exception):
    """The client sent text that is not JSON."""


class Line:
    """Every frame that goes out carries the id of this connection."""

    __slots__ = ("_clock", "_direct", "_part", "_socket", "_unsent", "connection", "heard_at")

    def __init__(self, socket: WebSocket[Any, Any, Any], clock: Clock) -> None:
        self.connection = clock.new_id()
        self.heard_at = clock.now()
        self._socket = socket
        self._clock = clock
        self._part = connection_part(self.connection)
        self._direct = direct_socket(cast("dict[str, Any]", socket.scope))
        self._unsent: tuple[Frame, ...] = ()

    def put(self, prepared: Frame) -> bool:
        """Write a frame without waiting; return whether the transport wants more.

        After a no, `room` must have been awaited before the next frame, or the end.

        Raises:
            ClientGone: nobody will read it.
        """
        if self._direct is None:
            self._unsent += (prepared,)
            return False
        try:
            return self._direct.write_text(prepared.head + self._part + prepared.tail)
        except OSError as error:
            raise ClientGone from error

    async def room(self) -> None:
        """Wait until the transport has taken what was `put`.

        Raises:
            ClientGone: nobody will read it.
        """
        if self._direct is not None:
            await self._direct.drained()
        while self._unsent:
            unsent, self._unsent = self._unsent, ()
            for prepared in unsent:
                await self.send(prepared)

    async def send(self, prepared: Frame) -> None:
        """Write a frame; returns when the transport has taken it.

        Raises:
            ClientGone: nobody will read it.
        """
        await self._write(prepared.on(self._part))

    async def say(self, body: Body, *, with_connection: bool = True) -> None:
        """Write a frame that belongs to no turn.

        Raises:
            ClientGone: nobody will read it.
        """
        await self._write(frame(body).on(self._part if with_connection else b""))

    async def hear(self) -> ClientMessage | None:
        """Return the next message; None for frames that mean nothing here (JSON scalars).

        Raises:
            ClientGone: there will be none.
            NotJson: text that is not JSON.
        """
        event: Any = await self._socket.receive()
        # What has come in one breath is there without waiting, and may be thousands of messages.
        await asyncio.sleep(0)
        if event["type"] != "websocket.receive":
            raise ClientGone
        self.heard_at = self._clock.now()
        text = event.get("text")
        if text is None:
            sound: bytes = event.get("bytes") or b""
            if len(sound) > LARGEST_BINARY:
                await self.close(TOO_BIG, "Binary frame too large")
                raise ClientGone
            return ClientMessage({}, sound)
        if (word := text.strip().lower()) in STOP_WORDS:
            return ClientMessage({"type": word})
        try:
            found = decoded(text)
        except (ValueError, RecursionError) as error:
            raise NotJson from error
        return ClientMessage(cast("Body", found)) if isinstance(found, dict) else None

    async def messages(self) -> AsyncGenerator[ClientMessage, None]:
        """Yield what the client says, until it leaves; text that is not JSON is answered here."""
        while True:
            try:
                message = await self.hear()
            except NotJson:
                await self.say(
                    {"type": "error", "content": "Invalid payload", "stage": "validation"}
                )
                continue
            except ClientGone:
                return
            if message is not None:
                yield message

    async def first(self, within_s: float) -> ClientMessage:
        """Return the first message.

        Raises:
            TimeoutError: nothing came in time.
            NotJson, ClientGone: as `hear`.
        """
        async with asyncio.timeout(within_s):
            while (message := await self.hear()) is None or message.sound is not None:
                pass
        return message

    async def close(self, code: int, reason: str = "") -> None:
        """Close the socket; closing one that is closed already is no error."""
        try:
            await self._socket.close(code, reason)
        except (WebSocketDisconnect, OSError, RuntimeError):
            return

    async def _write(self, text: str) -> None:
        try:
            await self._socket.send(
                {"type": "websocket.send", "text": text, "bytes": None}  # pyright: ignore[reportArgumentType]
            )
        except (WebSocketDisconnect, OSError, RuntimeError) as error:
            raise ClientGone from error
