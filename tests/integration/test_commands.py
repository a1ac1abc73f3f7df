"""What commands say, and where, when something stands in the way."""

import os
import socket
from pathlib import Path

import pytest
import uvicorn
from click.testing import CliRunner, Result

from entrypoints.cli import serve
from entrypoints.cli.main import main
from entrypoints.wiring.environment import process_settings
from tests.integration.live_server import clean_environ

pytestmark = pytest.mark.integration


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def said(data: Path, *words: str) -> Result:
    # What `serve` writes into its environment is taken out again.
    environ = {"PARLEY_DATA_DIR": str(data), "PARLEY_HOST": None, "PARLEY_PORT": None}
    return CliRunner(env=environ).invoke(main, words)


def test_without_tables_a_command_says_how_to_make_them(data: Path) -> None:
    told = said(data, "token", "ann")
    assert (told.exit_code, told.stdout) == (1, "")
    assert "storage_failed" in told.stderr  # The log stays out of what a shell takes for a token.
    assert told.stderr.endswith(
        "Error: main is at version base, not 0011: run parley migrate upgrade\n"
    )


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for words in (("migrate", "upgrade"), ("token", "ann")):
        told = said(tmp_path / "file" / "data", *words)
        assert told.exit_code == 1
        assert f"{tmp_path}/file/data" in told.stderr
        assert told.stderr.count("\n") == 1, told.stderr


def test_a_server_says_what_is_in_the_place_of_its_files(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("configure_logging", "upgrade"):
        monkeypatch.setattr(serve, name, lambda _: None)
    data.mkdir()
    (data / "files").touch()
    told = said(data, "serve", "--port", "0")
    assert told.exit_code == 1
    assert told.stderr == f"Error: {data}/files is no folder: files are kept there; move it away\n"


def test_a_server_that_cannot_listen_changes_nothing(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # It would log to this runner's output, and after it nothing could.
    monkeypatch.setattr(serve, "configure_logging", lambda _: None)
    with socket.create_server(("127.0.0.1", 0)) as other:
        told = said(data, "serve", "--port", str(other.getsockname()[1]))
    assert told.exit_code == 1
    assert "Address already in use; choose another with PARLEY_PORT or --port" in told.stderr
    assert not data.exists()


def test_links_name_the_port_that_the_command_names(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    served: list[tuple[int, str]] = []

    def look(server: uvicorn.Server) -> None:
        served.append((server.config.port, process_settings().files_place))
        server.started = True

    for name in ("configure_logging", "upgrade", "run"):
        monkeypatch.setattr(serve, name, lambda _: None)
    monkeypatch.setattr("uvicorn.Server.run", look)
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
    assert said(data, "serve", "--port", str(port)).exit_code == 0
    assert served == [(port, f"http://127.0.0.1:{port}")]


@pytest.mark.parametrize(("value", "coloured"), [("1", False), ("", True), (None, True)])
def test_who_wants_no_colours_gets_none(data: Path, value: str | None, coloured: bool) -> None:
    unset = dict.fromkeys(os.environ.keys() - clean_environ().keys())
    environ = {**unset, "PARLEY_DATA_DIR": str(data), "NO_COLOR": value}
    told = CliRunner(env=environ).invoke(main, ["doctor"], color=True)
    assert "demo" in told.stdout
    assert ("\x1b[" in told.stdout) == coloured
