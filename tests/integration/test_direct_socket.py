"""Frames that leave by the short way are frames like any other."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.server import ServerState
from websockets.asyncio.client import ClientConnection, connect

from entrypoints.web.direct_socket import EXTENSION, DirectSocket, DirectSocketProtocol

pytestmark = pytest.mark.integration

Serve = Callable[[DirectSocket, Callable[[], Awaitable[Any]]], Awaitable[None]]


@asynccontextmanager
async def connected(serve: Serve) -> AsyncGenerator[ClientConnection, None]:
    """Open a socket to a server that accepts, serves, and then waits for the end."""

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
        port = server.sockets[0].getsockname()[1]
        async with connect(f"ws://127.0.0.1:{port}/", max_size=None) as client:
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
