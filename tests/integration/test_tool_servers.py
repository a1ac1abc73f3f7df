"""A whole turn with a tool of another server: over a real socket, with the user's approval."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from entrypoints.wiring.diagnosis import diagnose
from entrypoints.wiring.settings import Settings
from tests.integration.chat_client import Frame, ask, chat
from tests.integration.live_server import ThreadServer

pytestmark = pytest.mark.integration
ROOT = Path(__file__).parents[2]
FILE = """
[servers.sim]
command = "{python}"
args = ["-m", "tests.simulators.mcp_server", "stdio"]
folder = "{root}"
env = {{ MCP_DIARY = "{diary}", PYTHONPATH = "{root}" }}
start_timeout_s = 30
profiles = {{ general = ["add", "write", "nothing"] }}
read_only = ["add", "write"]

[servers.not-there]
command = "no-such-program"
profiles = {{ general = ["help"] }}
"""


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Iterator[Settings]:
    """Return settings with two servers; what was started ends with the server that uses it."""
    file = tmp_path / "mcp.toml"
    diary = tmp_path / "diary"
    file.write_text(FILE.format(python=sys.executable, root=ROOT, diary=diary))
    yield msgspec.structs.replace(settings, mcp_file=file)
    pid = diary.read_text().split()[1]
    assert not Path(f"/proc/{pid}/cmdline").exists()


def results(frames: list[Frame]) -> dict[str, Any]:
    return {f["data"]["tool_name"]: f["data"] for f in frames if f["type"] == "tool_result"}


async def test_the_user_is_asked_before_another_server_does_something(
    server: ThreadServer, anna: str, settings: Settings
) -> None:
    calls = (
        '/tool sim__add {"a": 2, "b": 3} /tool sim__write {"text": "hello"}'
        " /tool not-there__help {}"
    )
    asked: dict[str, Any] = ask(calls)
    asked["user_settings"]["general"] = {"ai_agent_enabled": True}
    async with chat(server.address, anna) as client:
        await client.send(asked)
        while True:
            frame = await client.next()
            if frame.get("event_type") == "toolApprovalRequested":
                break
        diary = settings.data_dir / "diary"
        wanted = frame["content"]
        assert (wanted["tool_name"], wanted["tool_input"]) == ("sim__write", {"text": "hello"})
        assert "write" not in diary.read_text()
        answer = {"type": "tool_approval", "call_id": wanted["call_id"], "approved": True}
        await client.send(answer)
        await client.turn()
    found = results(client.seen)
    assert found["sim__add"]["tool_result"] == {"data": {"sum": 5}}
    assert found["sim__write"]["success"]
    assert "write hello" in diary.read_text()
    assert "there is no such program" in found["not-there__help"]["error"]
    told = {each.name: each for each in server.run(diagnose(server.container, settings)).result()}
    assert told["tools: not-there"].state == "failing"
    sim = told["tools: sim"]
    assert sim.state == "ok"
    assert "unasked: add;" in sim.note
    assert "allowed, but not there: nothing" in sim.note
    assert "read_only, but not by its own account: write" in sim.note


def test_the_sdk_is_not_imported_before_it_is_needed() -> None:
    program = (
        "import sys, entrypoints.web.app, entrypoints.cli.serve, entrypoints.wiring.offline;"
        "sys.exit('mcp' in sys.modules or 'mcp_types' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
