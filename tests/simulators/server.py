"""A small HTTP/1.1 server on a thread and loop of its own, sending replies step by step.

Written by hand because a simulator must be able to do what a proper server never would.
"""

import asyncio
import socket
import struct
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import msgspec

from tests.simulators.replies import Cut, End, Gate, Hang, Pause, Reply, Step


@dataclass
class Request:
    """A request as the simulator saw it."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    connection_used: bool = False
    """Another request had come over the same connection."""
    left: "Future[None]" = field(default_factory=Future)
    """Done once the client has closed the connection before the reply was sent whole."""
    finished: "Future[None]" = field(default_factory=Future)
    """Done once the reply was sent whole."""

    @property
    def json(self) -> Any:
        """The body, decoded."""
        return msgspec.json.decode(self.body)

    async def client_left(self) -> None:
        """Wait until the client has gone away early."""
        await asyncio.wrap_future(self.left)


Answer = Reply | Callable[[Request], Reply]


class Simulator:
    """`with Simulator() as sim:` serves until the end of the block."""

    def __init__(self, answer: Answer) -> None:
        """Serve `answer` whenever the script is at its end."""
        self.default = answer
        self.requests: list[Request] = []
        self._script: deque[Answer] = deque()
        self._connections: set[_Connection] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._server: asyncio.Server | None = None
        self.address = f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def script(self, *answers: Answer) -> None:
        """Add the answers to the next requests, one each."""
        self._script.extend(answers)

    def open(self, gate: Gate) -> None:
        """Open a gate at which a reply waits."""
        self._loop.call_soon_threadsafe(gate.opened.set)

    @property
    def open_connections(self) -> int:
        """How many clients are connected."""
        return len(self._connections)

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
        def connection() -> _Connection:
            return _Connection(self._answer, self._connections)

        self._server = await self._loop.create_server(connection, sock=self._socket)

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
        connections = [*self._connections]
        for made in connections:
            made.abort()
        for made in connections:
            await made.gone.wait()
        if tasks := [task for made in connections for task in made.tasks]:
            await asyncio.wait(tasks)

    def _answer(self, request: Request) -> Reply:
        self.requests.append(request)
        answer = self._script.popleft() if self._script else self.default
        return answer if isinstance(answer, Reply) else answer(request)


class _Connection(asyncio.Protocol):
    def __init__(self, answer: Callable[[Request], Reply], connections: "set[_Connection]") -> None:
        self._answer = answer
        self._connections = connections
        self._buffer = bytearray()
        self._current: Request | None = None
        self._used = False
        self._writable = asyncio.Event()
        self._writable.set()
        self.tasks: set[asyncio.Task[None]] = set()
        self.gone = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        # asyncio does so itself, but not for sockets made without naming their protocol.
        made: socket.socket = transport.get_extra_info("socket")
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._connections.discard(self)
        self.gone.set()
        self._writable.set()
        for task in self.tasks:
            task.cancel()
        if self._current is not None and not self._current.left.done():
            self._current.left.set_result(None)

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, blank, rest = bytes(self._buffer).partition(b"\r\n\r\n")
        if not blank:
            return
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {
            name.lower(): value.strip()
            for name, _, value in (line.partition(":") for line in lines)
        }
        length = int(headers.get("content-length", "0"))
        if len(rest) < length:
            return
        self._buffer = bytearray(rest[length:])
        method, path, _ = first.split(" ")
        self._current = Request(method, path, headers, rest[:length], self._used)
        self._used = True
        task = asyncio.get_running_loop().create_task(self._reply(self._current))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _reply(self, request: Request) -> None:
        reply = self._answer(request)
        for step in reply.before:
            await self._take(step, b"%b")
        self._transport.write(_head(reply))
        for step in reply.steps:
            await self._take(step, b"%x\r\n%b\r\n")
        self._transport.write(b"0\r\n\r\n")
        self._current = None
        request.finished.set_result(None)

    async def _take(self, step: Step, framing: bytes) -> None:
        match step:
            case bytes():
                if self._transport.is_closing():  # The client is gone; that is about to be told.
                    await asyncio.get_running_loop().create_future()
                self._transport.write(framing % (len(step), step) if b"%x" in framing else step)
                if not self._writable.is_set():
                    await self._writable.wait()
            case Pause(seconds):
                await asyncio.sleep(seconds)
            case Gate(opened):
                await opened.wait()
            case Hang():
                await asyncio.get_running_loop().create_future()
            case Cut():
                self._current = None
                self.abort()
                await asyncio.get_running_loop().create_future()
            case End():
                self._current = None
                self._transport.close()
                await asyncio.get_running_loop().create_future()

    def abort(self) -> None:
        """Reset the connection."""
        made: socket.socket = self._transport.get_extra_info("socket")
        made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._transport.abort()


def _head(reply: Reply) -> bytes:
    lines = [f"HTTP/1.1 {reply.status} Simulated", "transfer-encoding: chunked"]
    lines += [f"{name}: {value}" for name, value in reply.headers.items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")
