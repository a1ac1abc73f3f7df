"""Reads server-sent events as a browser does."""

from typing import Any

import msgspec


def events(body: bytes | str) -> list[str]:
    """Return the data of each event."""
    return [data for _, data in numbered(body)]


def numbered(body: bytes | str) -> list[tuple[str | None, str]]:
    """Return the id and data of each event; comments are passed over."""
    text = body.decode() if isinstance(body, bytes) else body
    found: list[tuple[str | None, str]] = []
    last: str | None = None
    for block in text.split("\n\n"):
        lines: list[str] = []
        for line in block.split("\n"):
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if name == "data":
                lines.append(value)
            elif name == "id":
                last = value
        if lines:
            found.append((last, "\n".join(lines)))
    return found


def frames(body: bytes | str) -> list[dict[str, Any]]:
    """Return the data of each event as JSON."""
    return [msgspec.json.decode(data) for data in events(body)]
