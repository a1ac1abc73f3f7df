"""Many sockets at once on one server: nobody's words are lost, doubled or given to another."""

import asyncio
from pathlib import Path

import httpx
import pytest

from tests.integration.chat_client import Frame, ask, chat, kinds, numbers, text
from tests.integration.live_server import ProcessServer

pytestmark = pytest.mark.integration

OF_EACH_KIND = 20
WORDS = 150
"""Of the shortest answer; each of the others has one more, so that no two are alike."""
ENDLESS = "/long 100000 /slow 20 ms"


async def test_streams_are_read_cancelled_and_resumed_side_by_side(tmp_path: Path) -> None:
    environ = {"PARLEY_DATA_DIR": str(tmp_path), "PARLEY_TURNS_PER_USER": "100"}
    with ProcessServer(environ) as server:
        words = "".join(server.output).split()
        crowd = Crowd(server.address, words[words.index("token") + 1])
        async with asyncio.TaskGroup() as group:
            for number in range(OF_EACH_KIND):
                group.create_task(crowd.read(WORDS + 2 * number))
                group.create_task(crowd.leave_and_come_back(WORDS + 2 * number + 1))
                group.create_task(crowd.cancel())
        assert await crowd.running() == []
        stored = await crowd.stored()
        assert sorted(stored) == sorted(crowd.heard)


class Crowd:
    """Clients of one user, and what they have heard."""

    def __init__(self, address: str, token: str) -> None:
        self._address = address
        self._token = token
        self.heard: list[str] = []

    async def read(self, count: int) -> None:
        """Ask, and read all of the answer."""
        async with chat(self._address, self._token) as client:
            await client.send(ask(f"/long {count}"))
            self._all_there(await client.turn(), count)

    async def leave_and_come_back(self, count: int) -> None:
        """Ask, leave with the first word, and follow from there on another socket."""
        async with chat(self._address, self._token) as client:
            await client.send(ask(f"/long {count} /slow 1 ms"))
            first = await client.until("text_chunk")
            seen = [frame for frame in client.seen if "seq" in frame]
        async with chat(self._address, self._token) as client:
            here = {"turn_id": first["turn_id"], "after": first["seq"]}
            await client.send({"type": "follow", **here})
            self._all_there([*seen, *await client.turn()], count)

    async def cancel(self) -> None:
        """Ask for an answer without end, and stop it with the first word."""
        async with chat(self._address, self._token) as client:
            await client.send(ask(ENDLESS))
            await client.until("text_chunk")
            await client.send({"type": "cancel"})
            frames = [*client.seen, *await client.turn()]
        assert "cancelled" in kinds(frames)
        self.heard.append(text(frames))

    def _all_there(self, frames: list[Frame], count: int) -> None:
        assert numbers(frames)[0] == 1
        assert len(text(frames).split()) == count
        self.heard.append(text(frames))

    async def running(self) -> list[Frame]:
        """Return the turns that have not ended."""
        async with self._http() as http:
            return (await http.get("/api/v1/turns")).json()["data"]["turns"]

    async def stored(self) -> list[str]:
        """Return the answers in the history."""
        wanted = {"customer_id": 1, "limit": 0, "include_messages": True}
        async with self._http() as http:
            found = await http.post("/api/v1/chat/sessions/list", json=wanted)
        return [session["messages"][-1]["message"] for session in found.json()["data"]["sessions"]]

    def _http(self) -> httpx.AsyncClient:
        headers = {"Authorization": f"Bearer {self._token}"}
        return httpx.AsyncClient(base_url=f"http://{self._address}", headers=headers)
