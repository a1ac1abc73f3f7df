"""Terminals, pipes and files at both ends of `parley chat`."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import click
import pytest

from adapters.memory.clock import settle
from entrypoints.cli.terminal import LONGEST_LINE, Lines, as_text
from tests.integration.live_server import PARLEY, ThreadServer, clean_environ

pytestmark = pytest.mark.integration


@pytest.fixture
def given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Generator[Callable[..., None], None, None]:
    """Return what makes a file of some bytes the standard input."""
    with ExitStack() as opened:

        def give(content: bytes, encoding: str = "utf-8") -> None:
            (tmp_path / "input").write_bytes(content)
            file = opened.enter_context((tmp_path / "input").open(encoding=encoding))
            monkeypatch.setattr(sys, "stdin", file)

        yield give


async def all_of(lines: Lines) -> list[str]:
    found: list[str] = []
    while line := await lines.next():
        found.append(line)
    return found


async def test_a_file_is_read_line_by_line_to_its_end(given: Callable[..., None]) -> None:
    given(b"one\n\n" + b"x" * 100_000 + b"\nno end")
    assert await all_of(Lines()) == ["one\n", "\n", "x" * 100_000 + "\n", "no end"]
    given(b"")
    assert await all_of(Lines()) == []


async def test_bytes_that_are_no_text_are_shown_as_such(given: Callable[..., None]) -> None:
    given(b"caf\xe9\n")
    assert await all_of(Lines()) == ["caf\ufffd\n"]
    given(b"caf\xe9\n", "latin-1")
    assert await all_of(Lines()) == ["café\n"]
    assert as_text(os.fsdecode(b"caf\xe9 \xc3\xa9")) == "caf\ufffd é"


async def test_a_line_without_end_is_refused(given: Callable[..., None]) -> None:
    given(b"x" * (LONGEST_LINE + 70_000))
    with pytest.raises(click.ClickException, match="at most"):
        await Lines().next()


async def test_no_input_is_the_end_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    assert await all_of(Lines()) == []


async def test_a_terminal_stays_one_that_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = os.openpty()
    with os.fdopen(ours, "wb", buffering=0) as keyboard, os.fdopen(theirs) as terminal:
        monkeypatch.setattr(sys, "stdin", terminal)
        reading = asyncio.create_task(Lines().next())
        await settle()
        assert os.get_blocking(theirs)
        keyboard.write(b"hello\n")
        assert await reading == "hello\n"


@contextmanager
def chatting(
    server: ThreadServer, question: str, stdout: int, **environ: str
) -> Generator["subprocess.Popen[bytes]", None, None]:
    words = ["chat", "--url", f"ws://{server.address}", "--token", server.tokens["anna"]]
    with subprocess.Popen(
        [str(PARLEY), *words, "--", question],
        env=clean_environ() | environ,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
    ) as terminal:
        yield terminal


def test_a_reader_that_has_seen_enough_is_no_error(server: ThreadServer) -> None:
    with chatting(server, "/long 20000", subprocess.PIPE) as terminal:
        assert terminal.stdout is not None
        assert terminal.stderr is not None
        assert terminal.stdout.read(10) == b"This is a "
        terminal.stdout.close()
        assert terminal.stderr.read() == b""
        assert terminal.wait(30) == 1


def test_a_full_disk_is_not_said_to_be_the_server(server: ThreadServer) -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    try:
        with chatting(server, "hi", full) as terminal:
            assert terminal.stderr is not None
            assert terminal.stderr.read() == b"Error: standard output: No space left on device\n"
    finally:
        os.close(full)


def test_letters_that_the_terminal_lacks_stop_no_answer(server: ThreadServer) -> None:
    with chatting(server, "日本 é", subprocess.PIPE, PYTHONIOENCODING="latin-1") as terminal:
        said, complaint = terminal.communicate(timeout=30)
    assert (complaint, terminal.returncode) == (b"", 0)
    assert '"?? é"'.encode("latin-1") in said
