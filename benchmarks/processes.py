"""The processes that are measured, started and stopped, and what they cost."""

import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec
import psutil

from entrypoints.cli.serve import server_options
from entrypoints.wiring.settings import Settings
from entrypoints.wiring.variables import VARIABLES

PARLEY = Path(sys.executable).with_name("parley")
EMAIL = "benchmark@example.org"
READY_S = 30
_POLL_S = 0.002
MIB = 1024 * 1024


class Server:
    """A running server under test."""

    def __init__(self, process: psutil.Process, port: int, ready_s: float, token: str) -> None:
        self._process = process
        self.url = f"ws://127.0.0.1:{port}/chat/ws"
        self.ready_s = ready_s
        """From starting the process to the first connection it took."""
        self.token = token

    def cpu_s(self) -> float:
        """Return the CPU seconds used so far, user and system."""
        used = self._process.cpu_times()
        return used.user + used.system

    def most_bytes(self) -> int:
        """Return the most memory that was ever in use (Linux)."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024

    def resident_bytes(self) -> int:
        """Return the memory in use now."""
        return self._process.memory_info().rss


@contextmanager
def provider(name: str = "provider") -> Generator[str, None, None]:
    """Run a simulated provider; the block gets its base URL."""
    command = [sys.executable, "-m", f"benchmarks.{name}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.kill()


@contextmanager
def relay(provider_url: str, name: str = "relay") -> Generator[Server, None, None]:
    """Run a bare relay."""
    port = _free_port()
    options = msgspec.json.encode(server_options(Settings(port=port))).decode()
    command = [sys.executable, "-m", f"benchmarks.{name}", provider_url, options]
    with _running(command, os.environ, port, "") as server:
        yield server


@contextmanager
def file_store(folder: Path) -> Generator[Server, None, None]:
    """Run the bare file store on a folder."""
    port = _free_port()
    options = msgspec.json.encode(server_options(Settings(port=port))).decode()
    command = [sys.executable, "-m", "benchmarks.file_store", str(folder), options]
    with _running(command, os.environ, port, "") as server:
        yield server


class Parley:
    """`parley serve` on a database of its own, with one user."""

    def __init__(self, folder: Path, provider_url: str) -> None:
        """Make the database and the user.

        Args:
            folder: for the database.
            provider_url: of the simulated provider.
        """
        known = {variable.name for variable in VARIABLES.values()}
        self._environ = {name: value for name, value in os.environ.items() if name not in known} | {
            "PARLEY_ENV": "production",
            "PARLEY_DATA_DIR": str(folder),
            "PARLEY_AUTH_SECRET": secrets.token_hex(32),
            "PARLEY_TURNS_PER_USER": "10000",
            "LOCAL_BASE_URL": provider_url,
        }
        self._command("migrate", "upgrade")
        self._command("user", "add", EMAIL, "--password", secrets.token_hex(8))
        self._token = self._command("token", EMAIL)

    def _command(self, *words: str) -> str:
        done = subprocess.run(
            [str(PARLEY), *words], env=self._environ, stdout=subprocess.PIPE, text=True, check=True
        )
        return done.stdout.strip().splitlines()[-1] if done.stdout.strip() else ""

    @contextmanager
    def served(self, **more: str) -> Generator[Server, None, None]:
        """Serve for as long as the block lasts, with more variables set."""
        port = _free_port()
        environ = self._environ | {"PARLEY_PORT": str(port)} | more
        with _running([str(PARLEY), "serve"], environ, port, self._token) as server:
            yield server


@contextmanager
def _running(
    command: Sequence[str], environ: Mapping[str, str], port: int, token: str
) -> Generator[Server, None, None]:
    began = time.perf_counter()
    # Standard output costs what it costs, but nobody reads it here.
    with subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL) as process:
        try:
            ready_s = _wait_until_listening(process, port) - began
            yield Server(psutil.Process(process.pid), port, ready_s, token)
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(5)
            process.kill()


def _wait_until_listening(process: "subprocess.Popen[bytes]", port: int) -> float:
    deadline = time.perf_counter() + READY_S
    while time.perf_counter() < deadline and process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return time.perf_counter()
        time.sleep(_POLL_S)
    raise RuntimeError(f"{process.args} did not start")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])
