"""A program that speaks Claude Code's line-delimited JSON, as a test has scripted it.

The test's side is `FakeClaude`; the program itself is this very file, run by a small executable
that `FakeClaude` writes. The lines it can say have the shape of Claude Code 2's own.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

Step = Mapping[str, Any]
SESSION = "0d3c7f7e-5a0e-4a53-9f0e-3f1f4f0f9a01"
OTHER_SESSION = "7b1d9a52-8a43-4b5e-9a0c-0a4a3c1f2e02"


def say(*lines: Mapping[str, Any]) -> list[Step]:
    """Write lines."""
    return [{"write": json.dumps(line) + "\n"} for line in lines]


def write(text: str) -> Step:
    """Write text as it is."""
    return {"write": text}


def write_long(letters: int) -> Step:
    """Write a text of so many letters, and no end of its line."""
    return {"long": letters}


def complain(text: str) -> Step:
    """Write to standard error."""
    return {"stderr": text}


def leave(code: int = 0) -> Step:
    """End."""
    return {"exit": code}


def wait_for(gate: Path) -> Step:
    """Wait until somebody has opened a named pipe for writing, and closed it."""
    return {"wait": str(gate)}


def hang() -> Step:
    """Wait for ever."""
    return {"hang": True}


def bear_child(pipe: Path, *, leaves_group: bool = False, stubborn: bool = False) -> Step:
    """Start a process that holds a named pipe open for as long as it lives."""
    return {"child": str(pipe), "apart": leaves_group, "stubborn": stubborn}


def be_stubborn() -> Step:
    """Take no notice of a polite signal."""
    return {"stubborn": True}


def init(session: str = SESSION, model: str = "claude-opus-4-6") -> dict[str, Any]:
    return {
        "type": "system",
        "subtype": "init",
        "cwd": "/somewhere",
        "session_id": session,
        "tools": ["Bash", "Read"],
        "mcp_servers": [],
        "model": model,
        "permissionMode": "acceptEdits",
        "claude_code_version": "2.1.111",
        "uuid": "u-1",
    }


def _piece(event: Mapping[str, Any], parent: str | None) -> dict[str, Any]:
    return {
        "type": "stream_event",
        "event": event,
        "parent_tool_use_id": parent,
        "session_id": SESSION,
    }


def started(message: str = "m-1", parent: str | None = None) -> dict[str, Any]:
    head = {"id": message, "role": "assistant", "content": [], "usage": {"input_tokens": 3}}
    return _piece({"type": "message_start", "message": head}, parent)


def text(words: str, parent: str | None = None) -> dict[str, Any]:
    delta = {"type": "text_delta", "text": words}
    return _piece({"type": "content_block_delta", "index": 0, "delta": delta}, parent)


def thinking(words: str) -> dict[str, Any]:
    delta = {"type": "thinking_delta", "thinking": words}
    return _piece({"type": "content_block_delta", "index": 0, "delta": delta}, None)


def assistant(
    *blocks: Mapping[str, Any],
    message: str = "m-1",
    parent: str | None = None,
    error: str | None = None,
) -> dict[str, Any]:
    line = {
        "type": "assistant",
        "message": {"id": message, "role": "assistant", "content": list(blocks)},
        "parent_tool_use_id": parent,
        "session_id": SESSION,
    }
    return line | ({"error": error} if error else {})


def text_block(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


def thinking_block(words: str) -> dict[str, Any]:
    return {"type": "thinking", "thinking": words, "signature": "s"}


def tool_use(call: str, name: str, **given: Any) -> dict[str, Any]:
    return {"type": "tool_use", "id": call, "name": name, "input": given}


def tool_result(call: str, content: Any, *, failed: bool = False) -> dict[str, Any]:
    block: dict[str, Any] = {"type": "tool_result", "tool_use_id": call, "content": content}
    if failed:
        block["is_error"] = True
    message = {"role": "user", "content": [block]}
    return {"type": "user", "message": message, "session_id": SESSION, "parent_tool_use_id": None}


def result(words: str = "Done.", session: str = SESSION, **other: Any) -> dict[str, Any]:
    return {
        "type": "result",
        "subtype": "success",
        "is_error": False,
        "duration_ms": 1200,
        "duration_api_ms": 1100,
        "num_turns": 2,
        "result": words,
        "stop_reason": "end_turn",
        "session_id": session,
        "total_cost_usd": 0.0123,
        "usage": {
            "input_tokens": 10,
            "cache_creation_input_tokens": 200,
            "cache_read_input_tokens": 3000,
            "output_tokens": 40,
        },
        "permission_denials": [],
    } | other


def failure(*errors: str, **other: Any) -> dict[str, Any]:
    found = result(subtype="error_during_execution", is_error=True, errors=[*errors]) | other
    if "result" not in other:
        del found["result"]
    return found


def answer(*words: str, session: str = SESSION) -> list[Step]:
    """Say an answer in pieces, to its result."""
    whole = "".join(words)
    lines = [init(session), started(), *(text(word) for word in words)]
    return say(*lines, assistant(text_block(whole)), result(whole, session))


class FakeClaude:
    """The program of a test: plays one round of its script for each time it is started."""

    def __init__(self, folder: Path, *rounds: Sequence[Step]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        for number, steps in enumerate(rounds):
            (folder / f"{number}.script").write_text(json.dumps(list(steps)))
        self.program = folder / "claude"
        self.program.write_text(
            f"#!{sys.executable} -I\n"
            "import runpy, sys\n"
            f"sys.argv.insert(1, {str(folder)!r})\n"
            f"runpy.run_path({__file__!r}, run_name='__main__')\n"
        )
        self.program.chmod(0o700)

    @property
    def runs(self) -> list["Run"]:
        """What is known of each time it was started, in order."""
        found = sorted(self._folder.glob("*.run"), key=lambda path: int(path.stem))
        return [Run(json.loads(path.read_text())) for path in found]

    @property
    def starts(self) -> int:
        """How often it was started, those counted that have not read their question yet."""
        return len([*self._folder.glob("*.taken")])


class Run:
    """How the program was started, and what it was told."""

    def __init__(self, found: Mapping[str, Any]) -> None:
        self.arguments: list[str] = found["arguments"]
        self.environment: dict[str, str] = found["environment"]
        self.folder = Path(found["folder"])
        self.stdin: str = found["stdin"]
        self.instructions: str | None = found["instructions"]
        self.pid: int = found["pid"]
        self.group: int = found["group"]

    @property
    def question(self) -> list[dict[str, Any]]:
        """The blocks of the one message that it was told."""
        (line,) = self.stdin.splitlines()
        message = json.loads(line)
        assert message["type"] == message["message"]["role"] == "user"
        return message["message"]["content"]


def _main() -> None:
    folder = Path(sys.argv[1])
    number = 0
    while True:
        try:
            (folder / f"{number}.taken").touch(exist_ok=False)
            break
        except FileExistsError:
            number += 1
    steps: list[dict[str, Any]] = json.loads((folder / f"{number}.script").read_text())
    if steps and steps[0].get("stubborn"):
        _stubborn()
    # What it was started with: Python itself may add to the environment.
    first = Path("/proc/self/environ").read_bytes().decode().rstrip("\0").split("\0")
    options = dict(map(_named, sys.argv[2:]))
    instructions = options.get("--append-system-prompt-file")
    known = {
        "arguments": sys.argv[2:],
        "environment": dict(map(_named, first)),
        "folder": str(Path.cwd()),
        "stdin": sys.stdin.read(),
        "instructions": Path(instructions).read_text() if instructions else None,
        "pid": os.getpid(),
        "group": os.getpgid(0),
    }
    draft = folder / f"{number}.draft"
    draft.write_text(json.dumps(known))
    draft.rename(folder / f"{number}.run")
    for step in steps:
        _play(step)


def _named(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name, value


def _play(step: Mapping[str, Any]) -> None:
    match step:
        case {"write": words}:
            sys.stdout.write(words)
            sys.stdout.flush()
        case {"long": letters}:
            sys.stdout.write("x" * letters)
            sys.stdout.flush()
        case {"stderr": words}:
            sys.stderr.write(words)
            sys.stderr.flush()
        case {"exit": code}:
            sys.exit(code)
        case {"wait": gate}:
            Path(gate).read_bytes()
        case {"child": pipe, "apart": apart, "stubborn": stubborn}:
            _bear(pipe, apart=apart, stubborn=stubborn)
        case {"hang": _}:
            while True:
                time.sleep(3600)
        case _:
            pass


def _bear(pipe: str, *, apart: bool, stubborn: bool) -> None:
    ignore = "signal.signal(signal.SIGTERM, signal.SIG_IGN);" if stubborn else ""
    code = (
        f"import signal, sys, time; {ignore}"
        f"held = open({pipe!r}, 'wb'); held.write(b'!'); held.flush();"
        "time.sleep(3600)"
    )
    # It keeps the output open too, as a program started in the background does.
    subprocess.Popen([sys.executable, "-I", "-c", code], start_new_session=apart)


def _stubborn() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


if __name__ == "__main__":
    _main()
