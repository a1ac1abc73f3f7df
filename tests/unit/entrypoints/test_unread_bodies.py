"""A connection that ends with its answer is read to the end of the request before it ends."""

import asyncio
from typing import Any, cast

import pytest
from litestar.types import Receive, Scope, Send

from entrypoints.web.unread_bodies import UnreadBodies

CLOSES = (b"connection", b"Close")
GOES_ON = (b"connection", b"keep-alive")


class Client:
    """Sends pieces of a body, and keeps what it is answered together with what it had sent."""

    def __init__(self, pieces: int, *headers: tuple[bytes, bytes], version: str = "1.1") -> None:
        self.scope = {"type": "http", "http_version": version, "headers": headers}
        self.pieces = pieces
        self.sent = 0
        self.got: list[tuple[bytes, bool, int]] = []

    async def receive(self) -> dict[str, Any]:
        if self.sent == self.pieces:
            await asyncio.Event().wait()
        self.sent += 1
        return {"type": "http.request", "body": b"x", "more_body": self.sent < self.pieces}

    async def send(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.body":
            self.got.append((message["body"], message["more_body"], self.sent))

    async def ask(self, app: Any, longest_s: float = 30) -> None:
        wrapped = UnreadBodies(app, longest_s)
        await wrapped(
            cast("Scope", self.scope), cast("Receive", self.receive), cast("Send", self.send)
        )


async def refuse(_: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "http.response.start", "status": 413, "headers": []})
    await send({"type": "http.response.body", "body": b"too large", "more_body": False})


async def read_it_all(_: Scope, receive: Receive, send: Send) -> None:
    while (await receive())["more_body"]:  # type: ignore[typeddict-item]
        pass
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"fine", "more_body": False})


@pytest.mark.parametrize("client", [Client(4, CLOSES), Client(4, version="1.0")])
async def test_the_answer_goes_first_and_the_end_comes_after_the_rest(client: Client) -> None:
    await client.ask(refuse)
    assert client.got == [(b"too large", True, 1), (b"", False, 4)]


async def test_who_stops_sending_is_not_waited_for_for_ever() -> None:
    class Silent(Client):
        async def receive(self) -> dict[str, Any]:
            if self.sent == 2:
                await asyncio.Event().wait()
            return await super().receive()

    client = Silent(4, CLOSES)
    await client.ask(refuse, longest_s=0)
    assert client.got[-1] == (b"", False, 2)


@pytest.mark.parametrize("client", [Client(4, GOES_ON), Client(4), Client(1, CLOSES)])
async def test_others_are_left_alone(client: Client) -> None:
    await client.ask(refuse)
    assert client.got == [(b"too large", False, 1)]


async def test_what_was_read_already_is_not_waited_for() -> None:
    client = Client(4, CLOSES)
    await client.ask(read_it_all)
    assert client.got == [(b"fine", False, 4)]
