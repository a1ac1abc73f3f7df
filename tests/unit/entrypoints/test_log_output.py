"""Logs that cannot be written cost their lines, and tell no secret elsewhere."""

import io
import logging

import pytest

from entrypoints.wiring.log_output import LogOutput

SECRET = "eyJhbGciOiJIUzI1NiJ9.payload.signature"


class FullDisk(io.StringIO):
    """Takes lines only while there is room."""

    room = False

    def flush(self) -> None:
        if not self.room:
            raise OSError(28, "No space left on device")


@pytest.fixture
def disk() -> FullDisk:
    return FullDisk()


@pytest.fixture
def output(disk: FullDisk) -> LogOutput:
    return LogOutput(disk)


def line(text: str, *about: object) -> logging.LogRecord:
    return logging.LogRecord("web", logging.INFO, __file__, 1, text, about, None)


def test_it_is_told_once_and_without_the_line(
    output: LogOutput, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(3):
        output.handle(line("GET /chat/ws?token=%s", SECRET))
    said = "parley: logs cannot be written: No space left on device\n"
    assert capsys.readouterr().err == said


def test_the_next_time_it_is_told_again(
    output: LogOutput, disk: FullDisk, capsys: pytest.CaptureFixture[str]
) -> None:
    for room in (False, True, False):
        disk.room = room
        output.handle(line("words"))
    assert capsys.readouterr().err.count("cannot be written") == 2


def test_a_line_that_cannot_be_put_together_is_not_shown_raw(
    output: LogOutput, capsys: pytest.CaptureFixture[str]
) -> None:
    output.handle(line("%d", SECRET))
    assert capsys.readouterr().err == "parley: logs cannot be written: TypeError\n"
