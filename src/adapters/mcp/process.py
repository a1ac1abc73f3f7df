"""A server that is a child process: one JSON message a line, and gone for certain afterwards.

The SDK's own way gives the child more of our environment than is named, takes lines of any length,
and skips over garbage for as long as there is any.
"""

import asyncio
import secrets
import shutil
import signal
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from typing import cast

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.shared.message import SessionMessage
from mcp_types import jsonrpc_message_adapter

from adapters.mcp.entry import Program
from adapters.mcp.health import Health
from adapters.mcp.limits import Flood, Gauge
from adapters.transport.family import kill_marked, marked, signal_group
from application.flow.alongside import alongside
from domain.tool_server_errors import (
    ToolServerFlooded,
    ToolServerGarbled,
    ToolServerGone,
    ToolServerTimeout,
    ToolServerUnreachable,
)

Heard = MemoryObjectReceiveStream[SessionMessage | Exception]
Said = MemoryObjectSendStream[SessionMessage]

_WRITE_S = 10.0
_MOST_STRAY = 20
"""Lines that are no messages at all: many a program greets whoever starts it."""
_STDERR_KEPT = 2000
_CHUNK = 64 * 1024


class Child:
    """One run of the program."""

    def __init__(
        self, name: str, process: asyncio.subprocess.Process, gauge: Gauge, health: Health
    ) -> None:
        self._name = name
        self._process = process
        self._stdin = cast("asyncio.StreamWriter", process.stdin)
        self._stdout = cast("asyncio.StreamReader", process.stdout)
        self._stderr = cast("asyncio.StreamReader", process.stderr)
        self._gauge = gauge
        self._health = health
        self._stray = 0
        self._complaints = b""
        self._into, self.heard = anyio.create_memory_object_stream[SessionMessage | Exception](0)
        self.said, self._out_of = anyio.create_memory_object_stream[SessionMessage](0)

    async def listen(self) -> None:
        """Pass on what it says; after the end of the session nobody hears it any more."""
        try:
            while line := await self._stdout.readline():
                self._gauge.took(len(line), 1)
                if (message := self._message(line)) is not None:
                    await self._into.send(message)
            self._health.fails(ToolServerGone(self._name, "has ended", self._last_words()))
        except (anyio.BrokenResourceError, anyio.ClosedResourceError):
            pass
        except (Flood, ValueError):
            # A line that does not fit is a `ValueError` of asyncio's.
            self._health.fails(ToolServerFlooded(self._name, "sends more than can be taken"))
        except _Garbage:
            text = "does not speak the Model Context Protocol"
            self._health.fails(ToolServerGarbled(self._name, text))
        finally:
            self._into.close()
        while await self._stdout.read(_CHUNK):
            pass  # One that is stuck with its output could not end.

    def _message(self, line: bytes) -> SessionMessage | None:
        try:
            return SessionMessage(jsonrpc_message_adapter.validate_json(line, by_name=False))
        except ValueError as error:
            self._stray += 1
            if line.lstrip().startswith(b"{") or self._stray > _MOST_STRAY:
                raise _Garbage from error
            return None

    async def speak(self) -> None:
        """Pass on to it what is said."""
        try:
            async for item in self._out_of:
                text = item.message.model_dump_json(by_alias=True, exclude_unset=True)
                self._stdin.write(text.encode() + b"\n")
                async with asyncio.timeout(_WRITE_S):
                    await self._stdin.drain()
        except TimeoutError:
            self._health.fails(ToolServerTimeout(self._name, "does not read what it is told"))
        except OSError:
            self._health.fails(ToolServerGone(self._name, "has ended", self._last_words()))
        finally:
            self._out_of.close()
            self._into.close()

    async def note_complaints(self) -> None:
        """Keep the end of what it writes to standard error."""
        while chunk := await self._stderr.read(_CHUNK):
            self._complaints = (self._complaints + chunk)[-_STDERR_KEPT:]

    def _last_words(self) -> str | None:
        lines = self._complaints.decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else None

    async def end(self, mark: str, grace_s: float) -> None:
        """End it, and all that it has started; return once it is gone.

        It is asked first: by the end of its input, and then by a signal.
        """
        try:
            self._stdin.close()
            # One that has failed is not expected to listen.
            if self._health.failure is not None or not await self._exits(grace_s):
                signal_group(self._process.pid, signal.SIGTERM)
                await self._exits(grace_s)
        finally:
            signal_group(self._process.pid, signal.SIGKILL)
            kill_marked(mark)
            await self._exits(grace_s)
            for stream in (self._into, self.heard, self.said, self._out_of):
                stream.close()

    async def _exits(self, within_s: float) -> bool:
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self._process.wait()
        return self._process.returncode is not None


class _Garbage(Exception):
    """What came is no message."""


@asynccontextmanager
async def conversation(
    name: str, program: Program, gauge: Gauge, health: Health
) -> AsyncGenerator[tuple[Heard, Said], None]:
    """Start the program; leaving the block ends it, and whatever it has started.

    Raises:
        ToolServerUnreachable: it cannot be run.
    """
    mark = secrets.token_hex(16)
    transport, process = await _started(name, program, mark, gauge.flow.message_bytes)
    child = Child(name, process, gauge, health)
    try:
        async with (
            alongside(child.note_complaints()),
            alongside(child.listen()),
            alongside(child.speak()),
        ):
            try:
                yield child.heard, child.said
            finally:
                await child.end(mark, program.grace_s)
    finally:
        transport.close()


async def _started(
    name: str, program: Program, mark: str, message_bytes: int
) -> tuple[asyncio.SubprocessTransport, asyncio.subprocess.Process]:
    found = shutil.which(program.command, path=program.environment.get("PATH"))
    if found is None:
        text = "cannot be started: there is no such program"
        raise ToolServerUnreachable(name, text, program.command)
    loop = asyncio.get_running_loop()
    try:
        transport, protocol = await loop.subprocess_exec(
            lambda: asyncio.subprocess.SubprocessStreamProtocol(message_bytes, loop),
            found,
            *program.arguments,
            cwd=program.folder,
            env=marked(dict(program.environment), mark),
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        raise ToolServerUnreachable(name, "cannot be started", str(error)) from error
    return transport, asyncio.subprocess.Process(transport, protocol, loop)
