"""How a server is reached: what the operator says of it, with every secret in its place."""

from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from adapters.mcp.limits import Flow


class Program(Struct, frozen=True):
    """A server that is a child process, spoken to over its standard input and output."""

    command: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    """All that it gets to see of ours."""
    folder: Path | None = None
    grace_s: float = 1.0
    """From the end of its input to a signal, and from that to one that nobody outlives."""

    def __repr__(self) -> str:
        return f"<{self.command}>"


class Address(Struct, frozen=True):
    """A server that speaks streamable HTTP."""

    url: str
    headers: Mapping[str, str]

    def __repr__(self) -> str:
        return f"<{self.url}>"


class McpEntry(Struct, frozen=True, kw_only=True):
    """One server."""

    name: str
    door: Program | Address
    start_timeout_s: float = 15
    """From the first byte, or the start of the process, until its tools are known."""
    call_timeout_s: float = 60
    """After that nobody waits for a call any more."""
    secrets: frozenset[str] = frozenset()
    """Values that nothing it says may show."""
    unset: str | None = None
    """A variable that it needs, and that is not set."""
    flow: Flow = Flow()

    def __repr__(self) -> str:
        # With what it holds, tracebacks would show secrets.
        return f"<{self.name}>"
