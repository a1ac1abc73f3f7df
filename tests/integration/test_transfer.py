"""Accounts that move by the command line, between engines, and through a kill."""

import gzip
import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from entrypoints.cli.main import main
from entrypoints.wiring.databases import upgrade
from entrypoints.wiring.settings import Secret, Settings
from tests.archives import RICH, archive, body, said, talk
from tests.contract.conftest import mysql_server, scratch_database
from tests.integration.live_server import clean_environ

pytestmark = pytest.mark.integration

WHOLE = archive([*RICH, talk("t"), *(said(number, "text 🦉") for number in range(1, 351))])


class Place:
    """A Parley of its own, spoken to by commands."""

    def __init__(self, folder: Path, url: str = "") -> None:
        self.environ = {"PARLEY_DATA_DIR": str(folder), "MAIN_DB_URL": url}
        self("user", "add", "ann@example.org", "-p", "a good one")

    def __call__(self, *words: object) -> Result:
        done = self.tried(*words)
        assert done.exit_code == 0, done.stderr
        return done

    def tried(self, *words: object) -> Result:
        return CliRunner(env=self.environ).invoke(main, [str(word) for word in words])

    def exported(self) -> bytes:
        return self("export", "ann@example.org").stdout_bytes


@pytest.fixture
def here(tmp_path: Path, migrated: Path) -> Place:
    (tmp_path / "here").mkdir()
    shutil.copy(migrated, tmp_path / "here")
    return Place(tmp_path / "here")


@pytest.fixture
def there(tmp_path: Path, migrated: Path) -> Place:
    (tmp_path / "there").mkdir()
    shutil.copy(migrated, tmp_path / "there")
    return Place(tmp_path / "there")


@pytest.fixture
def on_mysql(tmp_path: Path) -> Iterator[Place]:
    with mysql_server() as address, scratch_database(address) as url:
        upgrade(Settings(env="test", data_dir=tmp_path, main_db_url=Secret(url)))
        yield Place(tmp_path / "mysql", url)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "whole.jsonl"
    path.write_bytes(WHOLE)
    return path


def test_a_place_that_cannot_be_written_to_is_told_in_one_line(here: Place) -> None:
    told = here.tried("export", "ann@example.org", "/nowhere/ann.jsonl")
    assert (told.exit_code, told.stderr) == (
        1,
        "Error: /nowhere/ann.jsonl: No such file or directory\n",
    )


@pytest.mark.requires_mysql
def test_from_sqlite_to_mysql_and_back_with_nothing_lost(
    here: Place, on_mysql: Place, there: Place, file: Path, tmp_path: Path
) -> None:
    told = here("import", "ann@example.org", file)
    assert told.stdout == (
        "365 records; added 4 conversations, 356 messages, 3 prompts, usage of 2 turns\n"
    )
    assert told.stderr == "stored 365 of 365 records\n"
    for number, (source, target) in enumerate(((here, on_mysql), (on_mysql, there))):
        path = tmp_path / f"{number}.jsonl.gz"
        assert source("export", "ann@example.org", path).stderr == "exported 365 of 365 records\n"
        assert path.stat().st_mode & 0o777 == 0o600
        assert body(gzip.decompress(path.read_bytes())) == body(WHOLE)
        target("import", "ann@example.org", path)
    assert body(there.exported()) == body(WHOLE)
    assert b"$argon2" not in there.exported()


def test_an_export_that_was_interrupted_is_resumed(here: Place, file: Path, tmp_path: Path) -> None:
    here("import", "ann@example.org", file)
    cut = tmp_path / "cut.jsonl"
    for size in (0, 10, 5000, 250_000):
        cut.write_bytes(here.exported()[:size])
        here("export", "ann@example.org", cut, "--resume")
        assert body(cut.read_bytes()) == body(WHOLE)
    for words, why in (
        (["--resume"], "complete already"),
        ([], "is there already"),
    ):
        refused = here.tried("export", "ann@example.org", cut, *words)
        assert refused.exit_code != 0
        assert why in refused.stderr
    cut.write_bytes(cut.read_bytes()[:5000].replace(b"Say hi", b"Say ho"))
    changed = here.tried("export", "ann@example.org", cut, "--resume")
    assert "export it anew" in changed.stderr


@pytest.mark.parametrize("held", ["Dear diary", "Dear diary\n", "One\nTwo", '{"type":"prompt"}\n'])
def test_a_file_that_is_no_archive_is_not_gone_on_with(
    here: Place, tmp_path: Path, held: str
) -> None:
    diary = tmp_path / "diary.jsonl"
    diary.write_text(held)
    told = here.tried("export", "ann@example.org", diary, "--resume")
    assert (told.exit_code, told.stderr) == (1, "Error: the file is no archive of Parley\n")
    assert diary.read_text() == held


def test_text_that_packs_all_too_well_moves_too(
    here: Place, there: Place, file: Path, tmp_path: Path
) -> None:
    shouted = archive([talk("t"), said(1, "a" * 3_000_000)])
    file.write_bytes(shouted)
    here("import", "ann@example.org", file)
    packed = tmp_path / "packed.jsonl.gz"
    here("export", "ann@example.org", packed)
    there("import", "ann@example.org", packed)
    assert body(there.exported()) == body(shouted)


def test_a_refusal_is_one_line(here: Place, file: Path) -> None:
    file.write_bytes(WHOLE[:-5])
    refused = here.tried("import", "ann@example.org", file)
    assert refused.exit_code == 1
    assert refused.stderr.splitlines()[-1] == (
        "Error: The archive is refused: line 367: this is no valid JSON"
    )
    assert "Account not found" in here.tried("import", "nobody", file).stderr


KILLED = """
import os, signal, sys
from adapters.exports.reader import ExportReader
from entrypoints.cli.main import main

read, times = ExportReader.read, []

def killing(self, file):
    times.append(1)
    for number, record in enumerate(read(self, file)):
        if len(times) == 2 and number == 250:
            os.kill(os.getpid(), signal.SIGKILL)
        yield record

ExportReader.read = killing
main(["import", "ann@example.org", sys.argv[1]])
"""


def test_what_a_kill_interrupts_the_same_archive_completes(here: Place, file: Path) -> None:
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(file)],
        env=clean_environ() | here.environ,
        timeout=60,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    assert here.exported().count(b'"type":"message"') == 191
    told = here("import", "ann@example.org", file)
    assert "added 0 conversations, 165 messages, 0 prompts, usage of 0 turns" in told.stdout
    assert body(here.exported()) == body(WHOLE)


LARGE = 20_000_000
MEASURED = """
import sys
from pathlib import Path
from click.testing import CliRunner
from entrypoints.cli.main import main

def peak():
    # Unlike that of getrusage, this peak does not begin with what the parent once had.
    (line,) = (row for row in Path("/proc/self/status").open() if row.startswith("VmHWM"))
    return int(line.split()[1])

def run(*words):
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 0, done.stderr

small, *large = sys.argv[1:]
run("import", "ann@example.org", small)
run("export", "ann@example.org", small + ".out")
before = peak()
for file in large:
    run("import", "ann@example.org", file)
run("export", "ann@example.org", large[0] + ".out")
print(peak() - before)
"""


def test_memory_does_not_grow_with_the_archive(here: Place, file: Path, tmp_path: Path) -> None:
    ours, other = tmp_path / "ours.jsonl.gz", tmp_path / "other.json"
    # Of a thousand words only: how they are found again is not what this is about.
    text = "".join(f"{number % 1000} " for number in range(40_000))
    with gzip.open(ours, "wb", compresslevel=1) as target:
        target.write(archive([talk("t1"), *(said(n, text) for n in range(1, LARGE // len(text)))]))
    with other.open("w") as opened:
        opened.write("[")
        for number in range(LARGE // len(text)):
            message = {"uuid": "m", "sender": "human", "text": text}
            json.dump({"uuid": f"c{number}", "chat_messages": [message]}, opened)
            opened.write(",")
        opened.write('{"uuid": "last", "chat_messages": []}]')
    measured = subprocess.run(
        [sys.executable, "-c", MEASURED, str(file), str(ours), str(other)],
        env={**clean_environ(), **here.environ, "PYTHONUNBUFFERED": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert measured.returncode == 0, measured.stderr
    assert Path(f"{ours}.out").stat().st_size > 2 * LARGE * 0.9
    assert int(measured.stdout) < 20_000, "KiB more for 40 MB in and out"
