"""Frames that leave by the short way are frames like any other."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn
from structlog.testing import capture_logs
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.server import ServerState
from websockets.asyncio.client import ClientConnection, connect

from entrypoints.web.direct_socket import EXTENSION, DirectSocket, DirectSocketProtocol

pytestmark = pytest.mark.integration

Serve = Callable[[DirectSocket, Callable[[], Awaitable[Any]]], Awaitable[None]]


HANDSHAKE = (
    b"GET / HTTP/1.1\r\nHost: here\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


def frame_of_client(kind: int, payload: bytes) -> bytes:
    """Return a short frame, under a mask of zeros."""
    return bytes((kind, 0x80 | len(payload))) + bytes(4) + payload


@asynccontextmanager
async def listening(serve: Serve) -> AsyncGenerator[int, None]:
    """Run a server that accepts, serves, and then waits for the end; yield its port."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        await serve(scope["extensions"][EXTENSION], receive)
        await receive()

    config = uvicorn.Config(app, ws_per_message_deflate=False, log_config=None)
    config.load()
    server = await asyncio.get_running_loop().create_server(
        lambda: DirectSocketProtocol(config, ServerState(), {}), "127.0.0.1", 0
    )
    async with server:
        yield server.sockets[0].getsockname()[1]


@asynccontextmanager
async def connected(serve: Serve) -> AsyncGenerator[ClientConnection, None]:
    """Open a socket to such a server."""
    async with (
        listening(serve) as port,
        connect(f"ws://127.0.0.1:{port}/", max_size=None) as client,
    ):
        yield client


@pytest.mark.parametrize("length", [0, 1, 125, 126, 65_535, 65_536, 1_000_000])
async def test_a_frame_of_any_length_arrives_whole(length: int) -> None:
    text = "ä" * (length // 2) + "x" * (length % 2)

    async def serve(direct: DirectSocket, _: object) -> None:
        direct.write_text(text.encode())
        direct.write_text(b"next")

    async with connected(serve) as client:
        assert await client.recv() == text
        assert await client.recv() == "next"


async def test_a_client_that_does_not_read_is_noticed_and_gets_everything_later() -> None:
    full = asyncio.Event()
    written = 0

    async def serve(direct: DirectSocket, _: object) -> None:
        nonlocal written
        while direct.write_text(b"%08d" % written + b"." * 64_000):
            written += 1
        full.set()
        await direct.drained()
        direct.write_text(b"last")

    async with connected(serve) as client:
        await full.wait()
        seen = [str(await client.recv())[:8] for _ in range(written + 1)]
        assert seen == [f"{number:08d}" for number in range(written + 1)]
        assert await client.recv() == "last"


async def test_a_client_that_has_left_is_an_error_and_not_silence() -> None:
    outcome = asyncio.get_running_loop().create_future()

    async def serve(direct: DirectSocket, receive: Callable[[], Awaitable[Any]]) -> None:
        assert (await receive())["type"] == "websocket.disconnect"
        try:
            direct.write_text(b"anybody there?")
        except ClientDisconnected as error:
            outcome.set_result(error)
        await direct.drained()

    async with connected(serve) as client:
        await client.close()
        assert isinstance(await outcome, OSError)


async def test_an_open_socket_keeps_its_headers_once() -> None:
    kept = asyncio.get_running_loop().create_future()

    async def serve(direct: DirectSocket, _: object) -> None:
        assert isinstance(direct, DirectSocketProtocol)
        assert (b"Upgrade", b"websocket") in direct.scope["headers"]
        kept.set_result(list(direct.request.headers.raw_items()))

    async with connected(serve):
        assert await kept == []


async def test_who_does_not_read_gets_an_answer_to_its_latest_ping_only() -> None:
    async def serve(direct: DirectSocket, receive: Callable[[], Awaitable[Any]]) -> None:
        assert isinstance(direct, DirectSocketProtocol)
        direct.pause_writing()
        assert (await receive())["text"] == "said"
        direct.resume_writing()
        direct.write_text(b"done")

    async with listening(serve) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(HANDSHAKE)
        assert b" 101 " in await reader.readuntil(b"\r\n\r\n")
        pings = b"".join(frame_of_client(0x89, b"%d" % number) for number in range(1000))
        writer.write(pings + frame_of_client(0x81, b"said"))
        assert await reader.readexactly(11) == b"\x8a\x03999" + b"\x81\x04done"
        writer.write(frame_of_client(0x89, b"1") + frame_of_client(0x89, b"2"))
        assert await reader.readexactly(6) == b"\x8a\x011" + b"\x8a\x012"
        writer.close()
        await writer.wait_closed()


async def test_fragments_are_joined_as_they_come() -> None:
    held = asyncio.get_running_loop().create_future()

    async def serve(direct: DirectSocket, receive: Callable[[], Awaitable[Any]]) -> None:
        assert isinstance(direct, DirectSocketProtocol)
        held.set_result(direct)
        heard = [await receive() for _ in range(3)]
        direct.write_text(
            repr([event.get("text") or event.get("bytes") for event in heard]).encode()
        )

    async with connected(serve) as client:

        async def pieces() -> AsyncGenerator[str, None]:
            for letter in "größer" * 100:
                yield letter
            await (await client.ping())
            assert len((await held).frames) == 1
            yield "!"

        await client.send(pieces())
        await client.send([b"a", b"", b"bc"])
        await client.send("whole")
        assert await client.recv() == repr(["größer" * 100 + "!", b"abc", "whole"])


@pytest.mark.parametrize("pieces", [(b"\xff",), (b"\xc3", b"\xa4\xc3")])
async def test_text_that_is_no_utf8_closes_the_socket_and_is_one_line_in_the_log(
    pieces: tuple[bytes, ...], caplog: pytest.LogCaptureFixture
) -> None:
    left = asyncio.get_running_loop().create_future()

    async def serve(_: DirectSocket, receive: Callable[[], Awaitable[Any]]) -> None:
        left.set_result(await receive())

    first, *others = pieces
    sent = frame_of_client(0x81 if not others else 0x01, first)
    sent += b"".join(frame_of_client(0x80, piece) for piece in others)
    with capture_logs() as logged:
        async with listening(serve) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(HANDSHAKE)
            assert b" 101 " in await reader.readuntil(b"\r\n\r\n")
            writer.write(sent)
            reason = b"Text is not UTF-8"
            closing = bytes((0x88, 2 + len(reason))) + (1007).to_bytes(2, "big") + reason
            assert await reader.read() == closing
            assert (await left)["code"] == 1007
            writer.close()
            await writer.wait_closed()
    assert [line["event"] for line in logged] == ["closed: a client's text is not UTF-8"]
    assert not [record for record in caplog.records if record.exc_info]
