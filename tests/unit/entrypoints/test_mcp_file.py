"""The operator's file of tool servers: what it says, and in which words it is told to be wrong."""

from pathlib import Path

import pytest

from adapters.mcp.entry import Address, Program
from domain.profiles import PROFILES
from entrypoints.wiring.mcp_file import McpServerSettings, read_mcp_file
from entrypoints.wiring.settings import SettingsError

ENVIRON = {"PATH": "/bin", "HOME": "/root", "TRACKER_TOKEN": "sesame-open-1", "OPENAI_API_KEY": "k"}
REMOTE = """
[servers.tracker]
url = "https://tracker.example.org/mcp"
headers = { Authorization = "Bearer ${TRACKER_TOKEN}", X-Team = "red team" }
profiles = { general = ["search"] }
read_only = ["search"]
timeout_s = 5
"""
LOCAL = """
[servers.notes]
command = "mcp-notes"
args = ["--folder", "${HOME}"]
env = { KEY = "${TRACKER_TOKEN}", PLAIN = "yes", API_TOKEN = "written-down" }
profiles = { general = ["*"] }
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "mcp.toml"


def read(file: Path, text: str, environ: dict[str, str] = ENVIRON) -> list[McpServerSettings]:
    file.write_text(text)
    return read_mcp_file(file, environ, PROFILES)


def test_without_a_file_there_are_none() -> None:
    assert read_mcp_file(None, {}, PROFILES) == []


def test_a_remote_server(file: Path) -> None:
    (found,) = read(file, REMOTE)
    assert found.entry.door == Address(
        "https://tracker.example.org/mcp",
        {"Authorization": "Bearer sesame-open-1", "X-Team": "red team"},
    )
    assert (found.entry.call_timeout_s, found.terms.call_timeout_s) == (5, 5)
    assert found.terms.profiles == {"general": ("search",)}
    assert found.terms.read_only == {"search"}
    assert "sesame-open-1" in found.entry.secrets


def test_a_program_gets_what_is_named_and_nothing_else(file: Path) -> None:
    (found,) = read(file, LOCAL)
    assert found.entry.door == Program(
        "mcp-notes",
        ("--folder", "${HOME}"),
        {
            "PATH": "/bin",
            "HOME": "/root",
            "KEY": "sesame-open-1",
            "PLAIN": "yes",
            "API_TOKEN": "written-down",
        },
    )
    assert found.entry.secrets == {"sesame-open-1", "written-down"}


def test_what_is_inherited_can_be_narrowed(file: Path) -> None:
    (found,) = read(file, LOCAL + "inherit = []\n")
    assert isinstance(found.entry.door, Program)
    assert {*found.entry.door.environment} == {"KEY", "PLAIN", "API_TOKEN"}


def test_secrets_do_not_show(file: Path) -> None:
    assert "sesame" not in repr(read(file, REMOTE + LOCAL))


def test_a_variable_that_is_not_set_is_noted_for_its_server_alone(file: Path) -> None:
    tracker, notes = read(file, REMOTE + LOCAL.replace("TRACKER_TOKEN", "NOTES"), ENVIRON)
    assert (tracker.entry.unset, notes.entry.unset) == (None, "NOTES")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[servers.x", "Expected"),
        ("[server.x]\n", "unknown field `server`"),
        ("[servers.x]\nurl = 'https://x'\n", "required field `profiles`"),
        (f"{REMOTE}password = 'x'\n", "unknown field `password`"),
        (REMOTE.replace("tracker]", "My_Tracker]"), "server 'My_Tracker': its name must"),
        (REMOTE.replace("https://", "ftp://"), "server tracker: url must start with"),
        (REMOTE.replace("tracker.example.org", ""), "server tracker: url names no host"),
        (f"{REMOTE}command = 'x'\n", "server tracker: needs either url or command"),
        (f"{REMOTE}args = ['x']\n", "server tracker: args, env and folder go with command"),
        (f"{LOCAL}headers = {{ a = 'b' }}\n", "server notes: headers go with url"),
        (REMOTE.replace("general", "genral"), "server tracker: there is no profile 'genral'"),
        (REMOTE.replace("timeout_s = 5", "timeout_s = 0"), "> 0"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(file: Path, text: str, why: str) -> None:
    with pytest.raises(SettingsError) as told:
        read(file, text)
    line = str(told.value)
    assert line.startswith(f"PARLEY_MCP_FILE {file}: ")
    assert why in line
    assert "\n" not in line
