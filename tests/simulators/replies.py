"""What a simulated server sends: an HTTP answer as steps, and ways to spoil one."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import msgspec


@dataclass(frozen=True)
class Pause:
    """Silence for a while, on the simulator's own loop."""

    seconds: float


class Hang:
    """Silence until the client goes away."""


class Cut:
    """The connection is reset."""


class End:
    """The connection is closed in good order, the body not being finished."""


@dataclass(frozen=True)
class Gate:
    """Silence until the test opens the gate."""

    opened: asyncio.Event = field(default_factory=asyncio.Event)


Step = bytes | Pause | Hang | Cut | End | Gate


@dataclass(frozen=True)
class Reply:
    """One HTTP answer; each step of bytes is one chunk on the wire."""

    steps: Sequence[Step]
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    before: Sequence[Step] = ()
    """Happens before the status line."""

    @property
    def body(self) -> bytes:
        """All bytes of the body."""
        return b"".join(step for step in self.steps if isinstance(step, bytes))


def sse(payloads: Sequence[bytes], named: bool = False, end: bytes = b"\n") -> Reply:
    """Return a stream of events, each a step of its own."""
    events: list[Step] = []
    for payload in payloads:
        name = b""
        if named:
            name = b"event: " + msgspec.json.decode(payload)["type"].encode() + end
        events.append(name + b"data: " + payload + end + end)
    return Reply(events, headers={"content-type": "text/event-stream; charset=utf-8"})


def json_reply(body: object, status: int = 200, **headers: str) -> Reply:
    """Return a JSON answer; header names are written with underscores."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply([msgspec.json.encode(body)], status, {"content-type": "application/json"} | named)


def failure(
    status: int,
    message: str = "It did not work",
    code: str | None = None,
    kind: str = "invalid_request_error",
    **headers: str,
) -> Reply:
    """Return an error in OpenAI's shape."""
    error = {"message": message, "type": kind, "param": None, "code": code}
    return json_reply({"error": error}, status, **headers)


def raw(body: bytes, content_type: str = "text/html", status: int = 200) -> Reply:
    """Return any bytes under any content type."""
    return Reply([body] if body else [], status, {"content-type": content_type})


def paced(reply: Reply, seconds: float) -> Reply:
    """Return the reply with a pause before each step."""
    return replace(reply, steps=[part for step in reply.steps for part in (Pause(seconds), step)])


def joined(reply: Reply, size: int = 32_768) -> Reply:
    """Return the reply in chunks as large as a busy network makes them."""
    body = reply.body
    return replace(reply, steps=[body[at : at + size] for at in range(0, len(body), size)])


def dripped(reply: Reply) -> Reply:
    """Return the reply byte by byte."""
    return joined(reply, 1)


def spoiled(reply: Reply, after: int, how: Step) -> Reply:
    """Return the first steps of the reply, then the fault."""
    return replace(reply, steps=[*reply.steps[:after], how])


def delayed(reply: Reply, by: Step) -> Reply:
    """Return the reply with a step before its status line."""
    return replace(reply, before=[by])
