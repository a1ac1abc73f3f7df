"""uvicorn's socket, with a shorter way out for whole text frames.

By way of ASGI a frame passes three `send` wrappers, a dictionary and a frame object before its
bytes are written, and a task has to be there to wait for all that. Nearly all frames are small
pieces of an answer, so whoever writes them may hand over the payload itself: an ASGI extension, as
the specification provides for what a server can do beyond it.
"""

from collections.abc import Mapping
from typing import Any, Protocol, cast

from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request
from websockets.protocol import State

EXTENSION = "parley.direct"
"""Under this name a socket's scope has its `DirectSocket`, where the server offers one."""

_TEXT = 0x81
"""A whole message in one frame (RFC 6455, section 5.2)."""
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
    """What `serve` gives uvicorn to speak to sockets with. Deflate must be off."""

    def handle_connect(self, event: Request) -> None:
        """Offer the extension to the application, which starts after this."""
        super().handle_connect(event)
        if not self.close_sent:  # Else the handshake was refused, and there is no application.
            cast("dict[str, Any]", self.scope)["extensions"][EXTENSION] = self
            # The parser keeps them as long as the socket lives, for nobody: the scope has its own.
            event.headers.clear()

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
