"""Runs Claude Code as a child: in a process group of its own, and gone for certain afterwards."""

import asyncio
import errno
import secrets
import signal
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import cast

from msgspec import Struct

from adapters.claude_code.catalog import PROVIDER
from adapters.transport.family import kill_marked, marked, signal_group
from domain.errors import NotConfigured
from domain.provider_errors import FirstTokenTimedOut, ProviderUnreachable, StreamStalled

VARIABLE = "PARLEY_CLAUDE_CODE"
GRACE_S = 2.0
"""From being asked to end to being made to: time to write down how far the session has come."""

_STDIN, _STDOUT, _STDERR = 0, 1, 2
_MOST_WAITING = 1024 * 1024
"""Bytes of output that may wait to be read; beyond that the child has to wait too."""
_STDERR_KEPT = 8 * 1024


class Command(Struct, frozen=True):
    """What is run, and what it is told."""

    program: Path
    arguments: Sequence[str]
    folder: Path
    environment: dict[str, str]
    stdin: bytes


class CodeProcess(asyncio.SubprocessProtocol):
    """One run of the program; what it writes is kept until it is read."""

    def __init__(self, mark: str) -> None:
        """Take the mark that the process and all that it starts carry."""
        self._mark = mark
        self._said: list[bytes] = []
        self._waiting = 0
        self._over = False
        self._news = asyncio.Event()
        self._complained = asyncio.Event()
        self._exited = asyncio.Event()
        self._closed = asyncio.Event()
        self._stderr = bytearray()
        self._paused: asyncio.ReadTransport | None = None
        self._done = False
        self._spoke = False
        self._transport: asyncio.SubprocessTransport | None = None

    async def read(self, within_s: float) -> bytes:
        """Return all that it has said since the last time; empty at the end of its output.

        Raises:
            FirstTokenTimedOut, StreamStalled: it was silent for so long.
        """
        try:
            async with asyncio.timeout(within_s):
                await self._news.wait()
        except TimeoutError as silence:
            if self._spoke:
                text = "Claude Code fell silent in mid-answer"
                raise StreamStalled(PROVIDER, text) from silence
            text = "Claude Code did not answer in time"
            raise FirstTokenTimedOut(PROVIDER, text) from silence
        self._spoke = True
        said = b"".join(self._said)
        self._said.clear()
        self._waiting = 0
        if not self._over:
            self._news.clear()
            if self._paused is not None:
                self._paused.resume_reading()
                self._paused = None
        return said

    async def last_words(self, within_s: float) -> tuple[int | None, str]:
        """Return its exit code and what it wrote to standard error last, once it has ended.

        The code is None while it runs on after that time.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self._exited.wait()
                await self._complained.wait()
        code = self._transport.get_returncode() if self._transport else None
        return code, self._stderr.decode(errors="replace")

    def begin(self, transport: asyncio.SubprocessTransport, stdin: bytes) -> None:
        """Tell it the question, and that no other will follow."""
        self._transport = transport
        pipe = cast("asyncio.WriteTransport", transport.get_pipe_transport(_STDIN))
        pipe.write(stdin)
        pipe.write_eof()

    def done(self) -> None:
        """Have it end by itself: all is said, and it still has to write the session down."""
        self._done = True

    async def end(self, grace_s: float) -> None:
        """End it and all that it has started; return once nothing of it is left.

        Who is cancelled in here does not wait for a good ending any more, but still for the end.
        """
        transport = self._transport
        if transport is None:
            return
        try:
            if self._done:
                await self._exits(grace_s)
            if not self._exited.is_set():
                signal_group(transport.get_pid(), signal.SIGTERM)
                await self._exits(grace_s)
        finally:
            # The group outlives its leader for as long as it has members.
            signal_group(transport.get_pid(), signal.SIGKILL)
            kill_marked(self._mark)
            transport.close()
            await self._closed.wait()

    async def _exits(self, within_s: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self._exited.wait()

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        """Keep what it wrote (asyncio's own call)."""
        if fd != _STDOUT:
            self._stderr += data
            del self._stderr[:-_STDERR_KEPT]
            return
        self._said.append(data)
        self._waiting += len(data)
        self._news.set()
        if self._waiting > _MOST_WAITING and not self._paused and self._transport is not None:
            pipe = self._transport.get_pipe_transport(_STDOUT)
            self._paused = cast("asyncio.ReadTransport", pipe)
            self._paused.pause_reading()

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:
        """Note the end of its output (asyncio's own call)."""
        if fd == _STDOUT:
            self._over = True
            self._news.set()
        elif fd == _STDERR:
            self._complained.set()

    def process_exited(self) -> None:
        """Note that it has ended (asyncio's own call)."""
        self._exited.set()

    def connection_lost(self, exc: Exception | None) -> None:
        """Note that nothing of it is left (asyncio's own call)."""
        self._closed.set()


@asynccontextmanager
async def running(command: Command, grace_s: float = GRACE_S) -> AsyncGenerator[CodeProcess, None]:
    """Start the program; leaving the block ends it, and whatever it has started.

    Raises:
        NotConfigured: there is no such program, or it cannot be run.
        ProviderUnreachable: the machine has no room for it.
    """
    mark = secrets.token_hex(16)
    try:
        transport, process = await asyncio.get_running_loop().subprocess_exec(
            lambda: CodeProcess(mark),
            str(command.program),
            *command.arguments,
            cwd=str(command.folder),
            env=marked(command.environment, mark),
            start_new_session=True,
        )
    except (FileNotFoundError, NotADirectoryError, PermissionError) as error:
        raise not_runnable() from error
    except OSError as error:
        if error.errno == errno.ENOEXEC:
            raise not_runnable() from error
        raise ProviderUnreachable(PROVIDER, "Claude Code could not be started") from error
    try:
        process.begin(transport, command.stdin)
        yield process
    finally:
        await process.end(grace_s)


def not_runnable() -> NotConfigured:
    """Return the error for a variable that names nothing that runs."""
    return NotConfigured(VARIABLE, f"{VARIABLE} names no program that can be run")
