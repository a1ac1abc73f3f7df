"""Splits a program's output into lines."""

from adapters.claude_code.catalog import PROVIDER
from domain.provider_errors import ProviderGarbled

LONGEST_LINE = 16 * 1024 * 1024
"""Bytes. A line carries a whole tool result: the file that was read, the picture that was seen."""


class LineSplitter:
    """Feed it bytes cut anywhere, get whole lines without their ends; it does no I/O."""

    def __init__(self, longest: int = LONGEST_LINE) -> None:
        self._longest = longest
        self._pieces: list[bytes] = []
        self._waiting = 0

    def feed(self, chunk: bytes) -> list[bytes]:
        """Return the lines that the bytes complete, those without words left out.

        Raises:
            ProviderGarbled: a line is longer than any may be.
        """
        *lines, rest = chunk.split(b"\n")
        if lines:
            lines[0] = b"".join([*self._pieces, lines[0]])
            self._pieces, self._waiting = [], 0
        if rest:
            self._pieces.append(rest)
            self._waiting += len(rest)
        if self._waiting > self._longest or any(len(line) > self._longest for line in lines):
            raise ProviderGarbled(PROVIDER, "Claude Code sent a line that is too long to read")
        return [line for line in lines if line.strip()]

    def leftover(self) -> bytes:
        """Return the line that the end of the output cut before its own end; often empty."""
        return b"".join(self._pieces).strip()
