"""A MariaDB server of a test's own, which may be killed."""

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path
from typing import Self

import pytest
from sqlalchemy import make_url

READY_S = 20.0


class PrivateMariaDB:
    """`with PrivateMariaDB(folder) as server:` serves `server.address` until it is killed."""

    def __init__(self, folder: Path) -> None:
        for program in ("mariadbd", "mariadb-install-db"):
            if shutil.which(program) is None:
                pytest.skip(f"no {program} on the PATH")
        self._folder = folder
        self._data = folder / "data"
        self._process: subprocess.Popen[bytes] | None = None
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = int(free.getsockname()[1])
        self.address = make_url(f"mysql+aiomysql://root@127.0.0.1:{self.port}")

    def __enter__(self) -> Self:
        self._run(
            "mariadb-install-db",
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
        )
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self) -> None:
        """Serve what is in the folder; returns once the server answers."""
        self._process = subprocess.Popen(
            self._command(
                "mariadbd",
                f"--port={self.port}",
                "--bind-address=127.0.0.1",
                f"--socket={self._folder / 'socket'}",
                "--innodb-buffer-pool-size=16M",
            ),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until = time.monotonic() + READY_S
        while True:
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=1) as greeted:
                    if greeted.recv(1):
                        return
            except OSError:
                if time.monotonic() > until or self._process.poll() is not None:
                    raise
            time.sleep(0.02)

    def kill(self) -> None:
        """End the server as a power cut would: nothing is written any more."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(READY_S)

    def _run(self, program: str, *options: str) -> None:
        subprocess.run(self._command(program, *options), check=True, capture_output=True)

    def _command(self, program: str, *options: str) -> list[str]:
        # Root must say that it wants to be root.
        as_root = ["--user=root"] if os.geteuid() == 0 else []
        return [program, "--no-defaults", f"--datadir={self._data}", *as_root, *options]
