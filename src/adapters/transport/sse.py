"""Splits a server-sent event stream into its payloads.

The token path runs through here, so the common cases (LF line ends, `data: ` in one line, nothing
else but an event name) cost a `split`; everything else the format allows takes the slower way.
The format: https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from typing import NamedTuple

_BOM = b"\xef\xbb\xbf"
_DATA = b"data: "
_DATA_LINE = b"\ndata: "
_NEXT_DATA = b"\n\ndata: "


class ServerEvent(NamedTuple):
    """One event: its name (empty when it has none) and its payload."""

    name: bytes
    data: bytes


class SseSplitter:
    """Feed it bytes cut anywhere, get whole events; it does no I/O.

    Lines may end in LF, CRLF or CR. Comments, ids and retry times are passed over; events without
    a payload are none.
    """

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self.waiting = 0
        """How many bytes wait for the end of their event."""
        self._after_cr = False
        self._at_start = True

    def feed(self, chunk: bytes) -> list[bytes]:
        """Return the payloads of the events that the bytes complete."""
        if not (self._pieces or self._after_cr or self._at_start):
            # Whole events and nothing else, as the reads of a slow answer mostly are.
            if b"\r" in chunk:
                if payloads := _payloads_in_crlf(chunk):
                    return payloads
            elif chunk.endswith(b"\n\n"):
                if chunk.startswith(_DATA) and chunk.count(b"\n") == 2:
                    return [chunk[6:-2]]
                return _payloads(chunk[:-2])
        return _payloads(self._whole(chunk))

    def feed_named(self, chunk: bytes) -> list[ServerEvent]:
        """Return the events that the bytes complete, for wires whose event names matter."""
        events = (_parsed(block) for block in self._whole(chunk).split(b"\n\n"))
        return [event for event in events if event is not None]

    def leftover(self) -> bytes | None:
        """Return the payload of an event that the end of the stream cut before its blank line."""
        event = _parsed(b"".join(self._pieces))
        return None if event is None else event.data

    def unread(self) -> bytes:
        """Return the bytes that wait for the end of their event."""
        return b"".join(self._pieces)

    def _whole(self, chunk: bytes) -> bytes:
        """Return the events that the bytes complete, with one blank line between two of them."""
        if b"\r" in chunk or self._after_cr:
            chunk = self._with_lf(chunk)
        if b"\n" not in chunk:
            # Only joined once a line ends: a payload of megabytes comes in hundreds of chunks.
            self._pieces.append(chunk)
            self.waiting += len(chunk)
            return b""
        if self._pieces:
            self._pieces.append(chunk)
            chunk = b"".join(self._pieces)
        if self._at_start:
            chunk = chunk.removeprefix(_BOM)
            self._at_start = False
        events, _, rest = chunk.rpartition(b"\n\n")
        self._pieces = [rest] if rest else []
        self.waiting = len(rest)
        return events

    def _with_lf(self, chunk: bytes) -> bytes:
        if self._after_cr and chunk.startswith(b"\n"):
            chunk = chunk[1:]  # The second half of a CRLF whose CR has already ended the line.
            self._after_cr = False
        if chunk:
            self._after_cr = chunk.endswith(b"\r")
        # Looking for two bytes takes many times as long as looking for one.
        *lines, last = chunk.split(b"\n")
        chunk = b"\n".join([*[line.removesuffix(b"\r") for line in lines], last])
        return chunk.replace(b"\r", b"\n") if b"\r" in chunk else chunk


def _payloads(events: bytes) -> list[bytes]:
    """Return the payloads of whole events that have one blank line between two of them."""
    if events.startswith(_DATA):
        payloads = events[6:].split(_NEXT_DATA)
        if events.count(b"\n") == 2 * len(payloads) - 2:
            return payloads  # Each is one line.
    elif events.startswith(b"event:") and (payloads := _payloads_with_names(events)):
        return payloads
    payloads: list[bytes] = []
    for block in events.split(b"\n\n"):
        if block.startswith(_DATA) and b"\n" not in block:
            payloads.append(block[6:])
        elif (event := _parsed(block)) is not None:
            payloads.append(event.data)
    return payloads


def _payloads_with_names(events: bytes) -> list[bytes]:
    """Return the payloads if each is one line below another, its name; else nothing."""
    if events.count(b"\n") == 1:
        at = events.find(_DATA_LINE)
        return [events[at + 7 :]] if at > 0 else []
    lines = events.split(b"\n")
    payloads = [line[6:] for line in lines[1::3] if line.startswith(_DATA)]
    aligned = 3 * len(payloads) == len(lines) + 1 and not any(lines[2::3])
    # What stands above may be more of the payload.
    return payloads if aligned and not any(n.startswith(b"data") for n in lines[::3]) else []


def _payloads_in_crlf(chunk: bytes) -> list[bytes]:
    """Return the payloads if there is nothing but whole ones of one line each; else nothing."""
    if not (chunk.startswith(_DATA) and chunk.endswith(b"\r\n\r\n")):
        return []
    payloads = chunk[6:-4].split(b"\r\n\r\ndata: ")
    ends = 2 * len(payloads)
    return payloads if chunk.count(b"\r") == ends and chunk.count(b"\n") == ends else []


def _parsed(block: bytes) -> ServerEvent | None:
    name = b""
    data: list[bytes] = []
    for line in block.split(b"\n"):
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"data":
            data.append(value)
        elif field == b"event":
            name = value
    return ServerEvent(name, b"\n".join(data)) if data else None
