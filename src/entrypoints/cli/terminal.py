"""Standard input and output of a conversation: a terminal, a pipe or a file."""

import asyncio
import errno
import os
import sys
import threading
from contextlib import suppress

import click

LONGEST_LINE = 4 * 1024 * 1024
"""In bytes; a question of more fits into no frame."""


class OutputLost(Exception):
    """What is to be shown cannot be written; the cause is the `OSError`."""

    def __init__(self, cause: OSError) -> None:
        super().__init__(str(cause))
        self.cause = cause

    def as_error(self) -> Exception:
        """Return what click ends with: in silence where nobody reads any more."""
        if self.cause.errno == errno.EPIPE:
            return self.cause
        return click.ClickException(f"standard output: {self.cause.strerror}")


def show(text: str) -> None:
    """Write text as it is.

    Raises:
        OutputLost: it cannot be written, which is not the server's fault.
    """
    try:
        click.echo(text, nl=False)
    except OSError as error:
        raise OutputLost(error) from error


def as_text(argument: str) -> str:
    """Return an argument of the command line as text; bytes that are none become signs."""
    return argument.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


class Lines:
    """Lines from standard input, each read in a thread of its own when it is asked for.

    A pipe of the event loop takes no files, and makes a terminal one that does not wait: whatever
    is then written faster than it is shown fails.
    """

    def __init__(self) -> None:
        # Where it was closed, its number may belong to another file by now.
        self._file = None if sys.stdin is None else sys.stdin.fileno()
        self._encoding = "utf-8" if sys.stdin is None else sys.stdin.encoding
        self._read = bytearray()

    async def next(self) -> str:
        """Return the next line with its end, as text; empty: there is none.

        Cancelling leaves the thread behind until a line comes, which nobody gets.

        Raises:
            ClickException: the line has no end.
        """
        loop = asyncio.get_running_loop()
        found: asyncio.Future[bytes] = loop.create_future()

        def deliver(line: bytes) -> None:
            if not found.done():
                found.set_result(line)

        def read() -> None:
            line = self._line()
            with suppress(RuntimeError):  # The loop is closed: nobody waits any more.
                loop.call_soon_threadsafe(deliver, line)

        # No thread of a pool: those are waited for when the process ends.
        threading.Thread(target=read, daemon=True).start()
        line = await found
        if len(line) > LONGEST_LINE:
            raise click.ClickException(f"a question may have {LONGEST_LINE} bytes at most")
        return line.decode(self._encoding, "replace")

    def _line(self) -> bytes:
        while (end := self._read.find(b"\n")) < 0 and len(self._read) <= LONGEST_LINE:
            if not (more := self._more()):
                end = len(self._read)
                break
            self._read += more
        end = len(self._read) if end < 0 else end + 1
        line = bytes(self._read[:end])
        del self._read[:end]
        return line

    def _more(self) -> bytes:
        if self._file is None:
            return b""
        try:
            return os.read(self._file, 65_536)
        except OSError:  # The terminal is gone.
            return b""
