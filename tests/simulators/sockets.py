"""A WebSocket server on a thread and loop of its own, which plays a provider as scripted."""

import asyncio
import threading
from collections import deque
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self

import msgspec
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from tests.simulators.replies import Gate, Reply


class Session:
    """One connection, as the simulator saw it."""

    def __init__(self, path: str, headers: dict[str, str], connection: ServerConnection) -> None:
        self.path = path
        self.headers = headers
        self.frames: list[dict[str, Any]] = []
        """Every JSON frame, in order."""
        self.sound = bytearray()
        """Every binary frame, joined."""
        self.left: Future[None] = Future()
        """Done once the client is gone."""
        self._connection = connection

    async def client_left(self) -> None:
        """Wait until the client has gone away."""
        await asyncio.wrap_future(self.left)

    async def receive(self) -> dict[str, Any] | bytes | None:
        """Return the next frame, decoded where it is JSON; None once the client has gone."""
        try:
            frame = await self._connection.recv()
        except ConnectionClosed:
            return None
        if isinstance(frame, bytes):
            self.sound += frame
            return frame
        decoded = msgspec.json.decode(frame)
        self.frames.append(decoded)
        return decoded

    async def send(self, frame: object) -> None:
        """Send a frame; what is no text goes as JSON."""
        text = frame if isinstance(frame, str) else msgspec.json.encode(frame).decode()
        await self._connection.send(text)

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Close in good order."""
        await self._connection.close(code, reason)

    def cut(self, beginning: bytes = b"") -> None:
        """Reset the connection, in the middle of a frame where its beginning is given."""
        if beginning:
            self._connection.transport.write(beginning)
        self._connection.transport.abort()

    async def goodbye(self) -> None:
        """Say that it is over, and let go of nothing until the client does."""
        self._connection.transport.pause_reading()
        self._connection.transport.write(b"\x88\x02\x03\xe8")
        await self.hang()

    async def hang(self) -> None:
        """Say nothing until the client goes away."""
        await self._connection.wait_closed()


Play = Callable[[Session], Awaitable[None]]
"""Plays the provider on one connection; when it returns, the connection is closed."""

HALF_A_FRAME = b"\x81\x7e\x01\x00" + b'{"type":"Res'
"""The head of a text frame of 256 bytes, and the beginning of what it should hold."""


class SocketSimulator:
    """`with SocketSimulator(play) as sim:` serves until the end of the block."""

    def __init__(self, play: Play) -> None:
        """Play `play` on every connection beyond the script."""
        self.default = play
        self.sessions: list[Session] = []
        self._first: Future[Session] = Future()
        self._script: deque[Play | Reply | Gate] = deque()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._server: Server | None = None
        self._gates: list[Gate] = []
        self.address = ""

    def script(self, *plays: Play | Reply | Gate) -> None:
        """Add what happens on the next connections; a `Reply` refuses, a `Gate` never answers."""
        self._script.extend(plays)

    async def first_session(self) -> Session:
        """Wait for the first connection: its client may be further than this thread is."""
        return await asyncio.wrap_future(self._first)

    @property
    def open_connections(self) -> int:
        """How many clients are connected."""
        return 0 if self._server is None else len(self._server.connections)

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._serve(), self._loop).result()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _serve(self) -> None:
        self._server = await serve(
            self._handle,
            "127.0.0.1",
            0,
            process_request=self._meet,
            compression=None,
            ping_interval=None,
            close_timeout=0.2,
        )
        port = next(iter(self._server.sockets)).getsockname()[1]
        self.address = f"http://127.0.0.1:{port}"

    async def _close(self) -> None:
        for gate in self._gates:
            gate.opened.set()
        if self._server is not None:
            for connection in self._server.connections:
                connection.transport.abort()
            self._server.close()
            await self._server.wait_closed()

    async def _meet(self, connection: ServerConnection, _: Request) -> Response | None:
        step = self._script.popleft() if self._script else self.default
        if isinstance(step, Gate):
            self._gates.append(step)
            await step.opened.wait()
        if isinstance(step, Reply):
            status = HTTPStatus(step.status)
            headers = Headers({**step.headers, "content-length": str(len(step.body))})
            return Response(status.value, status.phrase, headers, step.body)
        if isinstance(step, Gate):
            return Response(503, "Too late", Headers())
        connection.play = step  # type: ignore[attr-defined]
        return None

    async def _handle(self, connection: ServerConnection) -> None:
        request = connection.request
        assert request is not None
        headers = {name.lower(): value for name, value in request.headers.raw_items()}
        session = Session(request.path, headers, connection)
        self.sessions.append(session)
        if not self._first.done():
            self._first.set_result(session)
        try:
            await connection.play(session)  # type: ignore[attr-defined]
        except ConnectionClosed:
            return
        finally:
            await connection.close()
            session.left.set_result(None)
