"""`parley tools`: what models may call."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from entrypoints.cli.tools import tools


def test_tools_of_ours_and_of_servers_are_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "mcp.toml"
    file.write_text(
        '[servers.absent]\ncommand = "x"\nenv = { KEY = "${ABSENT_KEY}" }\n'
        'profiles = { general = ["help"] }\n'
    )
    monkeypatch.setenv("PARLEY_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("PARLEY_MCP_FILE", str(file))
    told = CliRunner().invoke(tools)
    assert told.exit_code == 0, told.output
    listed = {line.split()[0]: line for line in told.stdout.splitlines() if line[:2] == "  "}
    assert "calculator" in listed
    assert "Not available now: ABSENT_KEY is not set" in listed["absent__help"]
