"""uvicorn's socket, with a shorter way out for whole text frames.

By way of ASGI a frame passes three `send` wrappers, a dictionary and a frame object before its
bytes are written, and a task has to be there to wait for all that. Nearly all frames are small
pieces of an answer, so whoever writes them may hand over the payload itself: an ASGI extension, as
the specification provides for what a server can do beyond it.
"""

from collections.abc import Mapping
from typing import Any, Protocol, cast

import structlog
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame
from websockets.http11 import Request
from websockets.protocol import State

from entrypoints.web.close_codes import NOT_UTF8

log = structlog.get_logger("socket")

EXTENSION = "parley.direct"
"""Under this name a socket's scope has its `DirectSocket`, where the server offers one."""

_TEXT = 0x81
"""A whole message in one frame (RFC 6455, section 5.2)."""
_PONG = b"\x8a"
_LONGER = 126
_LONGEST = 127


class DirectSocket(Protocol):
    """Writes without waiting."""

    def write_text(self, payload: bytes) -> bool:
        """Write one text frame; return whether the transport wants more.

        Raises:
            OSError: the socket is closed, by whichever side.
        """
        ...

    async def drained(self) -> None:
        """Wait until the transport wants more, or is gone."""
        ...


def direct_socket(scope: Mapping[str, Any]) -> DirectSocket | None:
    """Return the short way out of the socket that a scope describes, if its server has one."""
    extensions: dict[str, Any] = scope.get("extensions") or {}
    return extensions.get(EXTENSION)


class DirectSocketProtocol(WebSocketsSansIOProtocol):
    """What `serve` gives uvicorn to speak to sockets with. Deflate must be off.

    Whatever a client sends, and however little it reads, it takes only so much memory.
    """

    _owed = b""
    """The pong for the latest ping of a client that does not read."""
    _joined: bytearray | None = None
    """A message that comes in fragments, as far as it is there."""

    def handle_connect(self, event: Request) -> None:
        """Offer the extension to the application, which starts after this."""
        super().handle_connect(event)
        if not self.close_sent:  # Else the handshake was refused, and there is no application.
            cast("dict[str, Any]", self.scope)["extensions"][EXTENSION] = self
            # The parser keeps them as long as the socket lives, for nobody: the scope has its own.
            event.headers.clear()

    def handle_ping(self) -> None:
        """Answer pings; of those that came while nobody read the answers, the latest will do.

        RFC 6455, section 5.5.3. The parser has written the answers already, and perhaps the
        beginning of a goodbye.
        """
        if self.writable.is_set():
            super().handle_ping()
            return
        for frame in self.conn.data_to_send():
            if frame[:1] == _PONG:
                self._owed = frame
            else:
                self.transport.write(frame)

    def resume_writing(self) -> None:
        """Answer the latest ping as soon as the client reads again."""
        super().resume_writing()
        if self._owed and self.conn.state is State.OPEN:
            self.transport.write(self._owed)
        self._owed = b""

    def handle_cont(self, event: Frame) -> None:
        """Join fragments as they come: as objects they take many times what is in them."""
        joined = self._joined
        if joined is None:
            joined = self._joined = bytearray(self.frames[0])
        joined += event.data
        if event.fin:
            self.frames, self._joined = [bytes(joined)], None
            self.send_receive_event_to_app()

    def send_receive_event_to_app(self) -> None:
        """Pass a message on; text that is none ends the socket, as RFC 6455 has it (section 8.1).

        uvicorn does so too, with a traceback in the log for what is a client's fault.
        """
        if self.curr_msg_data_type == "text" and not self.close_sent:
            try:
                b"".join(self.frames).decode()
            except UnicodeDecodeError:
                self.frames = []
                log.info("closed: a client's text is not UTF-8", code=NOT_UTF8)
                self.conn.send_close(NOT_UTF8, "Text is not UTF-8")
                self.handle_parser_exception()
                return
        super().send_receive_event_to_app()

    def write_text(self, payload: bytes) -> bool:
        """See `DirectSocket`."""
        if self.disconnected or self.conn.state is not State.OPEN:
            raise ClientDisconnected
        self.transport.write(_head(len(payload)) + payload)
        return self.writable.is_set()

    async def drained(self) -> None:
        """See `DirectSocket`."""
        await self.writable.wait()


def _head(length: int) -> bytes:
    if length < _LONGER:
        return bytes((_TEXT, length))
    if length < 1 << 16:
        return bytes((_TEXT, _LONGER, length >> 8, length & 0xFF))
    return bytes((_TEXT, _LONGEST)) + length.to_bytes(8, "big")
