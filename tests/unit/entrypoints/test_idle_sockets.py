"""Sockets that nobody uses are closed; those in use are not."""

import asyncio

from adapters.memory.clock import settle
from entrypoints.web.idle_sockets import IdleSockets
from tests.unit.entrypoints.sockets import Client, asking
from tests.unit.rig import Rig, said


async def test_an_unused_socket_is_told_and_closed() -> None:
    async with Rig() as rig, Client(rig) as client:
        idle = IdleSockets(rig.clock, 100)
        async with idle.watching():
            with idle.watched(client.session):
                await client.say({"type": "heartbeat"})
                await rig.clock.advance(99)
                assert client.socket.closed is None
                await rig.clock.advance(26)
        assert client.socket.closed == (1001, "")
        assert client.socket.sent[-1]["type"] == "closing"
        assert client.socket.sent[-1]["reason"] == "timeout"


async def test_every_frame_of_the_client_counts_as_use() -> None:
    async with Rig() as rig, Client(rig) as client:
        idle = IdleSockets(rig.clock, 100)
        async with idle.watching():
            with idle.watched(client.session):
                for _ in range(5):
                    await client.say({"type": "heartbeat"})
                    await rig.clock.advance(90)
        assert client.socket.closed is None


async def test_a_running_turn_counts_as_use_and_so_does_its_end() -> None:
    gate = asyncio.Event()
    async with Rig([gate, *said("So")]) as rig, Client(rig) as client:
        idle = IdleSockets(rig.clock, 100)
        async with idle.watching():
            with idle.watched(client.session):
                await client.say(asking())
                await rig.clock.advance(500)
                assert client.socket.closed is None
                gate.set()
                await settle(60)
                await rig.clock.advance(90)
                assert client.socket.closed is None
                await rig.clock.advance(40)
        assert client.socket.closed is not None


async def test_a_followed_turn_counts_as_use() -> None:
    async with Rig([asyncio.Event()]) as rig, Client(rig) as client:
        turn = await rig.start()
        idle = IdleSockets(rig.clock, 100)
        async with idle.watching():
            with idle.watched(client.session):
                await client.say({"type": "follow", "turn_id": turn})
                await rig.clock.advance(500)
        assert client.socket.closed is None


async def test_a_socket_that_left_is_not_watched() -> None:
    async with Rig() as rig, Client(rig) as client:
        idle = IdleSockets(rig.clock, 100)
        async with idle.watching():
            with idle.watched(client.session):
                await client.say({"type": "heartbeat"})
            await rig.clock.advance(500)
        assert client.socket.closed is None


async def test_a_socket_that_breaks_does_not_keep_the_others_open() -> None:
    async with Rig() as rig, Client(rig) as broken, Client(rig) as other:
        idle = IdleSockets(rig.clock, 100)
        async with idle.watching():
            with idle.watched(broken.session), idle.watched(other.session):
                await broken.say({"type": "heartbeat"})
                await other.say({"type": "heartbeat"})
                broken.socket.broken = True
                await rig.clock.advance(200)
        assert other.socket.closed is not None
