"""One event of an event stream, as bytes."""

import re

_LINE_END = re.compile(r"\r\n|\r|\n")


def event(data: str, id: int | str | None = None) -> bytes:  # noqa: A002 - the field's own name
    """Return an event with this data; a reader joins its lines with line feeds again."""
    head = "" if id is None else f"id: {id}\n"
    if "\n" in data or "\r" in data:
        data = "\ndata: ".join(_LINE_END.split(data))
    return f"{head}data: {data}\n\n".encode()
