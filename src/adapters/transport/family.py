"""Finds the processes that a process has started, wherever they have gone since.

A shell may be in a session of its own, which a signal to the group does not reach, and what it
leaves behind has no parent any more. What stays with every one of them is the environment it was
started with, so a mark is put there. Where there is no `/proc` to read it in, the group is all
that can be reached.
"""

import os
import signal
from contextlib import suppress
from pathlib import Path

_PROC = Path("/proc")
_MARK = "PARLEY_RUN"
_PASSES = 3
"""What is born while the others are being killed is found the next time."""


def marked(environment: dict[str, str], mark: str) -> dict[str, str]:
    """Return the environment with the mark in it."""
    return environment | {_MARK: mark}


def signal_group(leader: int, number: signal.Signals) -> None:
    """Send a signal to a process group, which outlives its leader while it has members."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, number)


def kill_marked(mark: str) -> None:
    """Kill every process that carries the mark."""
    for _ in range(_PASSES):
        found = _carriers(f"{_MARK}={mark}".encode())
        for pid in found:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        if not found:
            return


def _carriers(variable: bytes) -> list[int]:
    found: list[int] = []
    for entry in _PROC.glob("[0-9]*"):
        # Those of others cannot be read, and some are gone by now.
        with suppress(OSError):
            if variable in (entry / "environ").read_bytes().split(b"\0"):
                found.append(int(entry.name))
    return found
