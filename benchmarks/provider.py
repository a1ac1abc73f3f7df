"""A simulated provider: OpenAI's chat wire, streamed, as fast as one process can send it.

Run as a process of its own; it prints its base URL and serves until it is killed. A request asks in
words for what it gets: `tokens=500 pace_ms=20` anywhere in its body; without a pace the tokens come
as fast as the reader takes them. The text of every token is the moment it was sent
(`time.perf_counter_ns`, which all processes of a machine share), so that whoever receives it can
tell how long it was under way.
"""

import asyncio
import re
import socket
import time
from typing import cast

import msgspec
import uvloop

STAMP_DIGITS = 15
"""Enough for eleven days since the machine was started; all stamps are equally long."""
BURST = 32
"""Unpaced tokens a write: about what a busy network brings at a time."""

_HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\n"
    b"transfer-encoding: chunked\r\n\r\n"
)
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_TOKENS = re.compile(rb"tokens=(\d+)")
_PACE = re.compile(rb"pace_ms=(\d+)")


def _event(payload: bytes) -> bytes:
    event = b"data: " + payload + b"\n\n"
    return b"%x\r\n%b\r\n" % (len(event), event)


def _chunk(delta: dict[str, str], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    return msgspec.json.encode(
        {
            "id": "chatcmpl-benchmark",
            "object": "chat.completion.chunk",
            "created": 1_700_000_000,
            "model": "simulated",
            "system_fingerprint": None,
            "choices": [choice],
        }
    )


_NO_STAMP = "0" * STAMP_DIGITS
_TOKEN_HEAD, _TOKEN_TAIL = _event(_chunk({"content": _NO_STAMP + " "})).split(_NO_STAMP.encode())
_BURST = (_TOKEN_HEAD + b"%b" + _TOKEN_TAIL) * BURST
_FIRST = _HEAD + _event(_chunk({"role": "assistant", "content": ""}))
_LAST = _event(_chunk({}, "stop")) + _event(b"[DONE]") + b"0\r\n\r\n"


def _stamp() -> bytes:
    return b"%0*d" % (STAMP_DIGITS, time.perf_counter_ns())


class Connection(asyncio.Protocol):
    """One keep-alive connection; answers one request at a time."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._received = b""
        self._left = 0
        self._pace_s = 0.0
        self._next_at = 0.0
        self._writable = True
        self._timer: asyncio.Handle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection over."""
        # uvloop's transport is one in all but its bases.
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop answering."""
        self._left = 0
        if self._timer is not None:
            self._timer.cancel()

    def data_received(self, data: bytes) -> None:
        """Answer as soon as the request is whole."""
        self._received += data
        head, blank, body = self._received.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if not blank or length is None or len(body) < int(length[1]):
            return
        self._received = b""
        tokens, pace_ms = _TOKENS.search(body), _PACE.search(body)
        self._left = int(tokens[1]) if tokens else 1
        self._pace_s = int(pace_ms[1]) / 1000 if pace_ms else 0.0
        self._next_at = self._loop.time()
        self._transport.write(_FIRST)
        self._go_on()

    def pause_writing(self) -> None:
        """Wait for a reader that does not keep up."""
        self._writable = False

    def resume_writing(self) -> None:
        """Go on where the reader made us wait."""
        self._writable = True
        if self._left and self._timer is None:
            self._go_on()

    def _go_on(self) -> None:
        self._timer = None
        if not self._writable:
            return
        if self._pace_s:
            self._send_paced()
        else:
            self._send_burst()
        if not self._left:
            self._transport.write(_LAST)

    def _send_paced(self) -> None:
        self._transport.write(_TOKEN_HEAD + _stamp() + _TOKEN_TAIL)
        self._left -= 1
        # The beat is absolute: a late token is not followed by later ones.
        self._next_at += self._pace_s
        if self._left:
            self._timer = self._loop.call_at(self._next_at, self._go_on)

    def _send_burst(self) -> None:
        count = min(self._left, BURST)
        stamp = _stamp()
        if count == BURST:
            self._transport.write(_BURST % ((stamp,) * BURST))
        else:
            self._transport.write((_TOKEN_HEAD + stamp + _TOKEN_TAIL) * count)
        self._left -= count
        if self._left:
            # One burst a round of the loop, so that all connections get their turn.
            self._timer = self._loop.call_soon(self._go_on)


async def _serve() -> None:
    listening = socket.create_server(("127.0.0.1", 0), backlog=1024)
    server = await asyncio.get_running_loop().create_server(Connection, sock=listening)
    print(f"http://127.0.0.1:{listening.getsockname()[1]}/v1", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve())
