"""The whole server on MySQL or MariaDB, and what happens while the database is away."""

import asyncio
import threading
from collections.abc import AsyncGenerator, Generator

import httpx
import pytest
from msgspec import structs
from sqlalchemy import make_url

from application.ports.unit_of_work import UnitOfWork
from entrypoints.wiring.databases import upgrade
from entrypoints.wiring.settings import Secret, Settings
from tests.contract.conftest import mysql_server, scratch_database
from tests.integration.chat_client import ask, chat, kinds, text
from tests.integration.conftest import two_users
from tests.integration.live_server import ThreadServer
from tests.integration.test_cancel import stored
from tests.simulators.openai import OpenAISimulator
from tests.simulators.openai_wire import chat_stream
from tests.simulators.replies import Gate, Reply
from tests.simulators.tcp_proxy import TcpProxy

pytestmark = [pytest.mark.integration, pytest.mark.requires_mysql]


@pytest.fixture
def proxy() -> Generator[TcpProxy, None, None]:
    with mysql_server() as address, TcpProxy(str(address.host), address.port or 3306) as running:
        yield running


@pytest.fixture
def limits() -> dict[str, float]:
    """What is different in a server's settings."""
    return {}


@pytest.fixture
async def server(
    settings: Settings, proxy: TcpProxy, limits: dict[str, float]
) -> AsyncGenerator[ThreadServer, None]:
    with mysql_server() as address, scratch_database(address) as url:
        through = make_url(url).set(host="127.0.0.1", port=proxy.port)
        on_mysql = structs.replace(
            settings, main_db_url=Secret(through.render_as_string(hide_password=False)), **limits
        )
        await asyncio.to_thread(upgrade, on_mysql)
        with ThreadServer(on_mysql) as running:
            await asyncio.wrap_future(running.run(two_users(running)))
            yield running
            proxy.restore()


async def test_a_turn_and_its_history(server: ThreadServer, anna: str) -> None:
    async with chat(server.address, anna) as client:
        await client.send(ask("Grüße 👋 aus 東京"))
        frames = await client.turn()
        await client.send(ask("/long 15000"))
        long = text(await client.turn())
    messages = await stored(server, frames)
    assert [message.message for message in messages] == ["Grüße 👋 aus 東京", text(frames)]
    async with httpx.AsyncClient(base_url=f"http://{server.address}") as http:
        listed = await http.post(
            "/api/v1/chat/sessions/list",
            headers={"Authorization": f"Bearer {anna}"},
            json={"customer_id": 1, "include_messages": True},
        )
    sessions = listed.json()["data"]["sessions"]
    assert len(sessions) == 2
    assert sessions[0]["messages"][1]["message"] == long, "more than 64 KiB of answer"
    assert sessions[0]["created_at"].endswith("+00:00")


async def test_a_database_that_is_away_refuses_the_question_and_comes_back(
    server: ThreadServer, anna: str, proxy: TcpProxy
) -> None:
    async with chat(server.address, anna) as client:
        await client.until("websocket_ready")
        proxy.cut()
        request = ask("hello")
        await client.send(request)
        frames = await client.turn()
        assert kinds(frames) == ["error", "text_completed", "tts_not_requested"]
        assert (frames[0]["stage"], frames[0]["code"]) == ("database", "storage_unavailable")
        async with httpx.AsyncClient(base_url=f"http://{server.address}") as http:
            assert (await http.get("/readyz")).status_code == 503
            assert (await http.get("/livez")).status_code == 200
        proxy.restore()
        await client.send(request)
        assert "demonstration" in text(await client.turn())


async def test_a_socket_that_opens_meanwhile_is_told_why_it_is_closed(
    server: ThreadServer, anna: str, proxy: TcpProxy
) -> None:
    proxy.cut()
    async with chat(server.address, anna) as client:
        told = await client.next()
        assert (told["type"], told["code"]) == ("error", "storage_unavailable")
        assert await client.closed() == 1011
    proxy.restore()
    async with chat(server.address, anna) as client:
        await client.until("websocket_ready")


@pytest.mark.parametrize("back", [True, False])
async def test_a_database_that_goes_away_in_the_middle(
    server: ThreadServer, anna: str, proxy: TcpProxy, simulator: OpenAISimulator, *, back: bool
) -> None:
    gate = Gate()
    whole = chat_stream("one two three")
    simulator.script(Reply([*whole.steps[:3], gate, *whole.steps[3:]], headers=whole.headers))
    async with chat(server.address, anna) as client:
        await client.send(ask("count", model="local/m"))
        await client.until("text_chunk")
        proxy.cut()
        if back:
            proxy.restore()
        simulator.open(gate)
        frames = await client.turn()
        assert text(client.seen) == "one two three", "the text itself is not held up"
        if back:
            assert "error" not in kinds(frames)
            messages = await stored(server, frames)
            assert messages[1].message == "one two three"
        else:
            error = next(frame for frame in frames if frame["type"] == "error")
            assert (error["stage"], error["content"]) == ("database", "Failed to save chat history")
            assert kinds(frames)[-2:] == ["text_completed", "tts_not_requested"]


class TestWithOneConnection:
    @pytest.fixture
    def limits(self) -> dict[str, float]:
        return {"db_pool_size": 1, "db_max_overflow": 0, "db_pool_timeout_s": 0.1}

    async def test_whoever_finds_none_is_told_when_to_come_back(
        self, server: ThreadServer, anna: str
    ) -> None:
        held, enough = threading.Event(), asyncio.Event()

        async def hold_the_connection() -> None:
            work = await server.container.get(UnitOfWork)
            async with work() as db:
                await db.accounts.all()
                held.set()
                await enough.wait()

        async def list_sessions() -> httpx.Response:
            async with httpx.AsyncClient(base_url=f"http://{server.address}") as http:
                return await http.post(
                    "/api/v1/chat/sessions/list",
                    headers={"Authorization": f"Bearer {anna}"},
                    json={"customer_id": 1},
                )

        async def release() -> None:
            enough.set()

        async with chat(server.address, anna) as client:
            await client.until("websocket_ready")
            holding = server.run(hold_the_connection())
            await asyncio.to_thread(held.wait, 10)
            refused = await list_sessions()
            await client.send(ask("hello"))
            frames = await client.turn()
            await asyncio.wrap_future(server.run(release()))
            await asyncio.wrap_future(holding)
            assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")
            assert refused.json()["message"].startswith("The database is not available")
            assert kinds(frames) == ["error", "text_completed", "tts_not_requested"]
            told = frames[0]
            assert (told["stage"], told["code"]) == ("database", "storage_unavailable")
            assert told["retry_after"] == 1
            assert (await list_sessions()).status_code == 200
            await client.send(ask("hello"))
            assert "demonstration" in text(await client.turn())
