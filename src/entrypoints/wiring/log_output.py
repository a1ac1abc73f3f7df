"""Where log lines go, and what happens when they cannot go there."""

import logging
import sys
from contextlib import suppress
from typing import TextIO


class LogOutput(logging.StreamHandler[TextIO]):
    """Writes lines; a full disk or a closed pipe costs the lines, and nothing else.

    It is told on standard error, once until a line is written again, and without the line: what
    Python would print in its place was not redacted.
    """

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._fails = False
        self._was_told = False

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        self._fails = False
        super().emit(record)
        if not self._fails:
            self._was_told = False

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the library's name
        """Say why lines are missing."""
        self._fails = True
        if self._was_told:
            return
        self._was_told = True
        error = sys.exc_info()[1]
        why = error.strerror if isinstance(error, OSError) else type(error).__name__
        with suppress(OSError, ValueError, AttributeError):  # It may be as full, closed, or none.
            sys.stderr.write(f"parley: logs cannot be written: {why}\n")
            sys.stderr.flush()
