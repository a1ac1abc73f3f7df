"""A server of tools over HTTP, of the time before 2026, that fails as it is told to."""

import asyncio
import gzip
import json
from functools import partial
from typing import Any, Self

SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}}
RESULT = {"content": [{"type": "text", "text": "done"}], "isError": False}
JSON, EVENTS, HTML = "application/json", "text/event-stream", "text/html"


class McpHttp:
    """Enter it to have it listen on loopback."""

    def __init__(self) -> None:
        self.fault = "none"
        """What a call comes to; `all …`: what every request comes to."""
        self.told: list[str] = []
        """The methods of what it was sent, and the statuses of what it refused."""
        self.sessions = 0
        self._forgotten = 0
        self._news = asyncio.Condition()
        self._server: asyncio.Server | None = None
        self.url = ""

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/mcp"
        return self

    async def __aexit__(self, *failure: object) -> None:
        assert self._server is not None
        self._server.close()

    def forget(self) -> None:
        """Know none of the sessions so far."""
        self._forgotten = self.sessions

    async def heard(self, method: str) -> None:
        """Wait until it has been told so."""
        async with asyncio.timeout(10), self._news:
            await self._news.wait_for(lambda: method in self.told)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        headers = dict(line.lower().split(": ", 1) for line in head.splitlines()[1:] if line)
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        try:
            await self._answer(head, headers.get("mcp-session-id"), body, writer)
            await writer.drain()
        except ConnectionError:
            self.told.append("broken")
        finally:
            writer.close()

    async def _answer(
        self, head: str, session: str | None, body: bytes, writer: asyncio.StreamWriter
    ) -> None:
        if not head.startswith("POST"):
            send(writer, 405, HTML, b"")
            return
        message = json.loads(body)
        method, number = message["method"], message.get("id")
        if session is not None and int(session) <= self._forgotten:
            self.told.append("404")
            send(writer, 404, HTML, b"")
            return
        async with self._news:
            self.told.append(method)
            self._news.notify_all()
        fault = self.fault.removeprefix("all ")
        if fault != "none" and (method == "tools/call" or self.fault != fault):
            await FAULTS[fault](writer, number)
        elif method == "initialize":
            self.sessions += 1
            version = message["params"]["protocolVersion"]
            about = {"name": "faulty", "version": "1"}
            result = {"protocolVersion": version, "serverInfo": about, "capabilities": {}}
            say(writer, number, result, f"Mcp-Session-Id: {self.sessions}\r\n")
        elif method == "tools/list":
            say(writer, number, {"tools": [{"name": "act", "inputSchema": SCHEMA}]})
        elif method == "tools/call":
            say(writer, number, RESULT)
        else:
            status = 202 if number is None else 400
            send(writer, status, HTML, b"")


def say(writer: asyncio.StreamWriter, number: int, result: Any, more: str = "") -> None:
    body = json.dumps({"jsonrpc": "2.0", "id": number, "result": result}).encode()
    send(writer, 200, JSON, body, more)


def send(writer: asyncio.StreamWriter, status: int, kind: str, body: bytes, more: str = "") -> None:
    length = f"Content-Length: {len(body)}\r\nConnection: close\r\n"
    writer.write(f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\n{length}{more}\r\n".encode())
    writer.write(body)


async def refuses(writer: asyncio.StreamWriter, number: int) -> None:
    send(writer, 401, HTML, b"who are you")


async def breaks(writer: asyncio.StreamWriter, number: int) -> None:
    send(writer, 503, HTML, b"try later")


async def shows_a_page(writer: asyncio.StreamWriter, number: int) -> None:
    send(writer, 200, HTML, b"<html>Welcome</html>")


async def babbles(writer: asyncio.StreamWriter, number: int) -> None:
    send(writer, 200, JSON, b'{"jsonrpc": "2.0", "id"')


async def encodes(writer: asyncio.StreamWriter, number: int) -> None:
    body = gzip.compress(b" " * 50_000_000)
    send(writer, 200, JSON, body, "Content-Encoding: gzip\r\n")


async def hangs_up(writer: asyncio.StreamWriter, number: int) -> None:
    writer.write(f"HTTP/1.1 200 X\r\nContent-Type: {JSON}\r\nContent-Length: 99\r\n\r\n{{".encode())


async def says_nothing(writer: asyncio.StreamWriter, number: int) -> None:
    await asyncio.sleep(60)


async def never_ends(writer: asyncio.StreamWriter, number: int, kind: str = JSON) -> None:
    writer.write(f"HTTP/1.1 200 X\r\nContent-Type: {kind}\r\n\r\n".encode())
    while True:
        writer.write(b"x" * 100_000 + (b"\n\n" if kind == JSON else b""))
        await writer.drain()


async def floods(writer: asyncio.StreamWriter, number: int) -> None:
    writer.write(f"HTTP/1.1 200 X\r\nContent-Type: {EVENTS}\r\n\r\n".encode())
    note = {"jsonrpc": "2.0", "method": "notifications/message", "params": {}}
    while True:
        writer.write(f"data: {json.dumps(note)}\n\n".encode())
        await writer.drain()


FAULTS = {
    "refuses": refuses,
    "breaks": breaks,
    "shows a page": shows_a_page,
    "babbles": babbles,
    "encodes": encodes,
    "hangs up": hangs_up,
    "says nothing": says_nothing,
    "never ends": never_ends,
    "never ends, event by event": partial(never_ends, kind=EVENTS),
    "floods": floods,
}
