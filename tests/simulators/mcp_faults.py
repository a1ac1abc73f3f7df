"""A program that speaks the protocol as it was before 2026, until it does what it is started for.

    python mcp_faults.py FAULT DIARY

Only the standard library: it starts at once. What it is told is written to the diary, a line each.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

FAULT, DIARY = sys.argv[1], Path(sys.argv[2])
SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}}
TOOLS = [{"name": "act", "description": "Acts.", "inputSchema": SCHEMA}]
OF_PYTHON = {"LC_CTYPE"}
"""What the interpreter sets itself."""
ASKED = ("sampling/createMessage", "elicitation/create", "roots/list")
PARAMS = {
    "sampling/createMessage": {"messages": [], "maxTokens": 10},
    "elicitation/create": {
        "message": "Password?",
        "requestedSchema": {"type": "object", "properties": {"word": {"type": "string"}}},
    },
    "roots/list": {},
}


def note(line: str) -> None:
    with DIARY.open("a") as file:
        file.write(f"{line}\n")


def say(**message: Any) -> None:
    write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")


def write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def hang() -> None:
    while True:
        time.sleep(60)


def call(number: int) -> None:
    """Do what it is started for in the middle of a call."""
    DOES.get(FAULT, answer)(number)


def dies(number: int) -> None:
    sys.exit("out of memory: key sesame-open-1")


def garbage(number: int) -> None:
    write("{ half a message\n")


def endless(number: int) -> None:
    while True:
        sys.stdout.write("x" * 1_000_000)


def floods(number: int) -> None:
    while True:
        say(method="notifications/message", params={"level": "info", "data": "x"})


def mute(number: int) -> None:
    """Say nothing."""


def asks_back(number: int) -> None:
    for place, method in enumerate(ASKED):
        say(id=f"ask-{place}", method=method, params=PARAMS[method])


def changes(number: int) -> None:
    TOOLS.append({"name": f"more-{number}", "inputSchema": SCHEMA})
    say(method="notifications/tools/list_changed")
    answer(number)


def answer(number: int) -> None:
    words = "for sesame-open-1 only"
    say(id=number, result={"content": [{"type": "text", "text": words}], "isError": False})


DOES: dict[str, Callable[[int], None]] = {
    "dies": dies,
    "garbage": garbage,
    "endless": endless,
    "floods": floods,
    "mute call": mute,
    "asks back": asks_back,
    "changes": changes,
}


def begin() -> None:
    """Do what it is started for before it listens."""
    note(f"pid {os.getpid()}")
    note(f"sees {sorted({*os.environ} - OF_PYTHON)}")
    match FAULT:
        case "exits":
            sys.exit("Traceback\nModuleNotFoundError: no module 'x'")
        case "mute":
            hang()
        case "greets":
            write("Welcome!\n")
        case "stubborn":
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            sleeps = [sys.executable, "-c", "import time; time.sleep(600)"]
            note(f"pid {subprocess.Popen(sleeps, start_new_session=True).pid}")


def main() -> None:
    begin()
    waiting = 0
    for line in sys.stdin:
        told = json.loads(line)
        method, number = told.get("method"), told.get("id")
        note(method or f"{number}: {told.get('error', {}).get('message')}")
        match method:
            case "initialize":
                version = told["params"]["protocolVersion"]
                about = {"name": "faulty", "version": "1"}
                can = {"tools": {"listChanged": True}}
                result = {"protocolVersion": version, "serverInfo": about, "capabilities": can}
                say(id=number, result=result)
            case "tools/list":
                say(id=number, result={"tools": TOOLS})
            case "tools/call":
                waiting = number
                call(number)
            case None if number == f"ask-{len(ASKED) - 1}":
                answer(waiting)
            case str() if number is not None:
                say(id=number, error={"code": -32601, "message": "Method not found"})
    if FAULT == "stubborn":
        hang()


if __name__ == "__main__":
    main()
