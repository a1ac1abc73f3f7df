"""The real application on a real port, in a thread or in a process of its own."""

import asyncio
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Coroutine, Generator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import structlog
import uvicorn
from click.testing import CliRunner
from dishka import AsyncContainer, Provider, Scope, from_context, provide

from adapters.memory.clock import ManualClock
from application.ports.clock import Clock
from entrypoints.cli.main import main
from entrypoints.cli.serve import server_options
from entrypoints.wiring.settings import Settings
from entrypoints.wiring.variables import VARIABLES
from tests.applications import app_of, container_of, give_back

T = TypeVar("T")
PARLEY = Path(sys.executable).with_name("parley")
READY_S = 20


class ThreadServer:
    """Serves in a thread with its own event loop, so that each test keeps its own."""

    def __init__(self, settings: Settings, clock: ManualClock | None = None) -> None:
        self.settings = settings
        self.tokens: dict[str, str] = {}
        self.container: AsyncContainer = (
            container_of(settings)
            if clock is None
            else container_of(settings, _TestTime, context={ManualClock: clock})
        )
        self._app = app_of(self.container, settings)
        options = server_options(settings) | {"timeout_graceful_shutdown": 1, "lifespan": "on"}
        self._server = _QuietServer(uvicorn.Config(self._app, **options))
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._serve, name="server")
        self._ready = threading.Event()
        self._server.on_ready = self._ready.set

    @property
    def address(self) -> str:
        """`host:port`."""
        host, port = self._socket.getsockname()
        return f"{host}:{port}"

    def run(self, work: Coroutine[Any, Any, T]) -> "Future[T]":
        """Run a coroutine on the server's loop."""
        assert self._loop is not None
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def _serve(self) -> None:
        with asyncio.Runner(loop_factory=self._server.config.get_loop_factory()) as runner:
            self._loop = runner.get_loop()
            runner.run(self._server.serve(sockets=[self._socket]))

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(READY_S), "the server did not start"
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.should_exit = True
        self._thread.join(READY_S)
        self._socket.close()
        assert not self._thread.is_alive(), "the server did not stop"
        give_back(self._app, self.settings)


class _TestTime(Provider):
    """Time stands still until the test moves it."""

    scope = Scope.APP

    own = from_context(ManualClock)

    @provide(override=True)
    def clock(self, own: ManualClock) -> Clock:
        return own


class _QuietServer(uvicorn.Server):
    """Tells when it listens, and leaves the signals to the test runner."""

    on_ready: Callable[[], None]

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.on_ready()

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


class ProcessServer:
    """`parley serve` as an operator runs it; it can be killed."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = int(probe.getsockname()[1])
        self._environ = {**clean_environ(), **environ, "PARLEY_PORT": str(self.port)}
        self.process: subprocess.Popen[str] | None = None
        self.output: list[str] = []
        self._reader = threading.Thread(target=self._drain, daemon=True)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def start(self) -> Self:
        """Start, and wait until it listens."""
        self.process = subprocess.Popen(
            [str(PARLEY), "serve"],
            env=self._environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.output.append(line)
            if "running on" in line:
                break
        else:
            raise AssertionError("the server did not start:\n" + "".join(self.output))
        # Somebody has to read on, or the server would stop at a full pipe.
        self._reader.start()
        return self

    def _drain(self) -> None:
        assert self.process is not None
        assert self.process.stdout is not None
        self.output.extend(self.process.stdout)

    def stop(self, sent: int) -> int:
        """Send a signal and return the exit status."""
        assert self.process is not None
        self.process.send_signal(sent)
        return self.process.wait(READY_S)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(READY_S)
        if self._reader.ident is not None:
            self._reader.join(READY_S)
        if self.process.stdout is not None:
            self.process.stdout.close()


def clean_environ() -> dict[str, str]:
    """Return this environment without anything that configures Parley."""
    known = {variable.name for variable in VARIABLES.values()}
    return {name: value for name, value in os.environ.items() if name not in known}


def parley(*words: str, environ: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a `parley` command to its end."""
    return subprocess.run(
        [str(PARLEY), *words],
        env={**clean_environ(), **environ},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def parley_here(*words: str, environ: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a command in this process: quicker by a second, where no process of its own is needed."""
    unset = dict.fromkeys(os.environ.keys() - clean_environ().keys())
    before = structlog.get_config()
    try:
        done = CliRunner().invoke(main, words, env={**unset, **environ})
    finally:
        structlog.configure(**before)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return subprocess.CompletedProcess(words, done.exit_code, done.stdout, done.stderr)
