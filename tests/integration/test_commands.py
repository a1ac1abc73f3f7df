"""What commands say, and where, when something stands in the way."""

import io
import os
import resource
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
import uvicorn
from click import ClickException
from click.testing import CliRunner, Result

from application.accounts.first_login import FirstLogin
from entrypoints.cli import export, serve
from entrypoints.cli.main import main
from entrypoints.wiring import diagnosis
from entrypoints.wiring.environment import process_settings
from tests.integration.live_server import PARLEY, clean_environ

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


def test_a_secret_that_cannot_be_kept_stops_the_start(data: Path) -> None:
    (data / "auth_secret").mkdir(parents=True)
    assert said(data, "migrate", "upgrade").exit_code == 0
    assert said(data, "user", "add", "a@example.org", "--password", "a good one").exit_code == 0
    told = said(data, "token", "a@example.org")
    assert told.exit_code == 1
    assert told.stderr == (
        f"Error: PARLEY_DATA_DIR: {data}/auth_secret cannot be made or read: Is a directory;"
        " mend that, or set PARLEY_AUTH_SECRET\n"
    )


@pytest.mark.parametrize("left", ["", "\n", "a1b2c3"])
def test_a_secret_that_was_cut_short_signs_nothing(
    data: Path, left: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serve, "configure_logging", lambda _: None)
    for words in (("migrate", "upgrade"), ("user", "add", "a@example.org", "--password", "good")):
        assert said(data, *words).exit_code == 0
    assert said(data, "token", "a@example.org").exit_code == 0
    (data / "auth_secret").write_text(left)
    for words in (("token", "a@example.org"), ("serve", "--port", "0")):
        told = said(data, *words)
        assert (told.exit_code, told.stdout) == (1, "")
        assert f"{data}/auth_secret holds less than 32 bytes; put its content back" in told.stderr


@pytest.mark.parametrize(
    ("name", "again"), [("all.jsonl", "--resume goes on with it"), ("all.jsonl.gz", "remove it")]
)
def test_an_export_into_a_full_disk_says_how_to_go_on(
    tmp_path: Path, name: str, again: str
) -> None:
    file = tmp_path / name
    file.touch()
    with pytest.raises(ClickException) as told, export._named(file):
        raise OSError(28, "No space left on device")
    text = f"{file}: No space left on device; once that is mended, {again}"
    assert told.value.message == text


def test_into_a_full_output_it_says_so_too(data: Path) -> None:
    for words in (("migrate", "upgrade"), ("user", "add", "a@example.org", "--password", "good")):
        assert said(data, *words).exit_code == 0
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [str(PARLEY), "export", "a@example.org"],
            env={**clean_environ(), "PARLEY_DATA_DIR": str(data)},
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert done.returncode != 0
    assert b"Error: No space left on device" in done.stderr
    assert b"Traceback" not in done.stderr


def test_the_first_login_is_shown_where_there_is_room_for_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class FullDisk(io.StringIO):
        def flush(self) -> None:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(sys, "stdout", FullDisk())
    serve._show(FirstLogin("admin", "a password", "a token"))
    assert "a password" in capsys.readouterr().err


def test_a_server_may_open_as_many_files_as_the_machine_lets_it() -> None:
    few, most = before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(few, 512), most))
    try:
        serve._allow_many_files()
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] >= min(few, 65_536)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_what_keeps_an_earlier_process_s_turns_from_being_marked_is_said_in_one_line(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serve, "configure_logging", lambda _: None)
    assert said(data, "migrate", "upgrade").exit_code == 0
    with closing(sqlite3.connect(data / "main.db")) as database, database:
        database.execute("ALTER TABLE ChatTurns RENAME COLUMN state TO state_away")
    told = said(data, "serve", "--port", "0")
    assert told.exit_code == 1
    assert "Error: main: column ChatTurns.state is missing" in told.stderr
    assert "Traceback" not in told.stderr


def test_doctor_looks_for_room(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert said(data, "migrate", "upgrade").exit_code == 0
    good = said(data, "doctor")
    assert f"GiB are left in {data}" in good.stdout
    monkeypatch.setattr(diagnosis, "_LITTLE_BYTES", 2**80)
    bad = said(data, "doctor")
    assert bad.exit_code == 1
    assert "FAILING  room" in bad.stdout


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
