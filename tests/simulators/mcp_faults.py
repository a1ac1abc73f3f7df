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
    match FAULT:
        case "dies":
            sys.exit("out of memory: key sesame-open-1")
        case "garbage":
            write("{ half a message\n")
        case "endless":
            while True:
                sys.stdout.write("x" * 1_000_000)
        case "floods":
            while True:
                say(method="notifications/message", params={"level": "info", "data": "x"})
        case "mute call":
            pass
        case "asks back":
            for place, method in enumerate(ASKED):
                say(id=f"ask-{place}", method=method, params=PARAMS[method])
        case "changes":
            TOOLS.append({"name": "more", "inputSchema": SCHEMA})
            say(method="notifications/tools/list_changed")
            answer(number)
        case _:
            answer(number)


def answer(number: int) -> None:
    words = "for sesame-open-1 only"
    say(id=number, result={"content": [{"type": "text", "text": words}], "isError": False})


def main() -> None:
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
            child = subprocess.Popen(
                [sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True
            )
            note(f"pid {child.pid}")
    waiting = None
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
                answer(waiting or 0)
            case str() if number is not None:
                say(id=number, error={"code": -32601, "message": "Method not found"})
    if FAULT == "stubborn":
        hang()


if __name__ == "__main__":
    main()
