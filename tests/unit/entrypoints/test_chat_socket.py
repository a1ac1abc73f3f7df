"""The door of the chat socket, for those who leave while it opens."""

from typing import Any, cast

from adapters.memory.clock import settle
from entrypoints.web.chat_socket import _open
from entrypoints.web.idle_sockets import IdleSockets
from entrypoints.wiring.settings import Settings
from tests.unit.entrypoints.sockets import Client, asking
from tests.unit.rig import ANNA, Rig, said


async def test_what_was_asked_is_answered_though_nobody_waits_until_it_is_ready() -> None:
    async with Rig(said("Kept")) as rig:
        client = Client(rig)
        client.socket.broken = True
        client.socket.say(asking())
        client.socket.hang_up()
        door = cast("Any", client.socket)
        door.scope, door.query_params = {"headers": []}, {}
        idle = IdleSockets(rig.clock, 1800)
        await _open(door, client.session, ANNA, idle, Settings(env="test"))
        await settle(60)
        assert len(rig.model.prompts) == 1
