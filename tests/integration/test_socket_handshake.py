"""Who gets a socket, and how it opens and closes."""

import asyncio
import json
from contextlib import suppress

import pytest
from msgspec import structs
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from entrypoints.wiring.databases import upgrade
from entrypoints.wiring.settings import Settings
from tests.integration.chat_client import ChatClient, ask, chat, kinds, text
from tests.integration.conftest import two_users
from tests.integration.live_server import ThreadServer

pytestmark = pytest.mark.integration


async def test_the_worked_example_of_the_contract(server: ThreadServer, anna: str) -> None:
    async with chat(server.address, anna) as client:
        ready = await client.next()
        assert ready == {"type": "websocket_ready", "content": "Backend ready", "version": "2.0"}
        await client.send(
            {
                "request_type": "text",
                "user_input": {
                    "prompt": [{"type": "text", "text": "Say hi"}],
                    "chat_history": [],
                    "session_id": "",
                },
                "user_settings": {
                    "text": {"model": "gpt-4o-mini"},
                    "tts": {"tts_auto_execute": False},
                },
                "customer_id": 1,
            }
        )
        again = await client.next()
        assert again.keys() == {"type", "content", "session_id"}
        frames = await client.turn()
    assert kinds(frames) == [
        "working",
        "aiTextModelInUse",
        "text_chunk",
        "textGenerationCompleted",
        "db_operation_executed",
        "text_completed",
        "tts_not_requested",
    ]
    assert {frame["session_id"] for frame in frames} == {again["session_id"]}
    assert frames[0]["content"] == {"request_type": "text"}
    assert frames[1]["content"] == {
        "type": "aiTextModelInUse",
        "message": "aiTextModelReceived",
        "aiTextModel": "gpt-4o-mini",
        "provider": "openai",
    }
    written = next(f for f in frames if f.get("event_type") == "textGenerationCompleted")
    assert written["content"].keys() == {"full_response", "metadata"}
    assert written["content"]["full_response"] == "Hello from the simulator"
    assert written["content"]["metadata"].keys() == {"usage"}
    saved = json.loads(frames[-3]["content"])
    assert saved.keys() == {"user_message_id", "ai_message_id", "session_id"}
    assert text(frames) == "Hello from the simulator"


async def test_a_client_that_speaks_first_is_heard(server: ThreadServer, anna: str) -> None:
    async with chat(server.address, anna) as client:
        await client.send(ask("no waiting"))
        frames = await client.turn()
    assert [frame["type"] for frame in client.seen[:2]] == ["websocket_ready"] * 2
    assert frames[-1]["type"] == "tts_not_requested"


async def test_both_paths_lead_to_the_socket(server: ThreadServer, anna: str) -> None:
    url = f"ws://{server.address}/api/chat/ws?token={anna}"
    async with connect(url) as socket:
        client = ChatClient(socket)
        await client.send({"prompt": "hi", "settings": {"text": {"model": "demo"}}})
        assert "demonstration" in text(await client.turn())


@pytest.mark.parametrize("token", [None, "not.a.token", ""])
async def test_without_a_good_token_there_is_no_readiness(
    server: ThreadServer, token: str | None
) -> None:
    async with chat(server.address, token) as client:
        assert await client.closed() == 4401
        assert client.socket.close_reason == "Unauthorized"
    assert client.seen == []


async def test_the_header_wins_over_the_query(server: ThreadServer, anna: str) -> None:
    async with chat(server.address, anna, "?token=nonsense") as client:
        assert (await client.next())["type"] == "websocket_ready"


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("http://localhost:9003", True),
        ("http://localhost.evil.example:9003", False),
        ("https://evil.example", False),
        ("null", False),
    ],
)
async def test_only_known_pages_may_connect(
    server: ThreadServer, anna: str, origin: str, *, allowed: bool
) -> None:
    url = f"ws://{server.address}/chat/ws?token={anna}"
    if allowed:
        async with connect(url, origin=origin) as socket:  # pyright: ignore[reportArgumentType]
            assert json.loads(await socket.recv())["type"] == "websocket_ready"
        return
    with pytest.raises(InvalidStatus) as refused:
        await connect(url, origin=origin)  # pyright: ignore[reportArgumentType]
    assert refused.value.response.status_code == 403


async def test_a_first_frame_that_is_not_json_closes(server: ThreadServer, anna: str) -> None:
    async with chat(server.address, anna) as client:
        await client.send("hello?")
        assert await client.closed() == 1003
        assert client.socket.close_reason == "Invalid initial payload"


async def test_close_session_says_goodbye(server: ThreadServer, anna: str) -> None:
    async with chat(server.address, anna) as client:
        await client.send({"type": "close_session"})
        closing = await client.until("closing")
        assert closing["reason"] == "client_request"
        assert await client.closed() == 1000


@pytest.mark.parametrize(
    ("query", "code", "word"),
    [
        ("?mode=proactive", 1008, "requires user_id"),
        ("?mode=proactive&user_id=2&session_id=x", 4401, "Unauthorized"),
        ("?mode=proactive&user_id=1&session_id=x", 1008, "not available"),
        ("?mode=REALTIME", 1008, "not available"),
        ("?enable_realtime=yes", 1008, "not available"),
    ],
)
async def test_other_modes_say_why_they_end(
    server: ThreadServer, anna: str, query: str, code: int, word: str
) -> None:
    async with chat(server.address, anna, query) as client:
        assert await client.closed() == code
        assert word in (client.socket.close_reason or "")


async def test_silence_is_closed(settings: Settings) -> None:
    hasty = structs.replace(settings, first_message_timeout_s=0.05, socket_idle_timeout_s=0.2)
    await asyncio.to_thread(upgrade, hasty)
    with ThreadServer(hasty) as server:
        await asyncio.wrap_future(server.run(two_users(server)))
        token = server.tokens["anna"]
        async with chat(server.address, token) as silent:
            assert await silent.closed() == 1008
            assert silent.socket.close_reason == "Initial message required"
        async with chat(server.address, token) as idle:
            await idle.send({"type": "heartbeat"})
            assert (await idle.until("closing"))["reason"] == "timeout"
            assert await idle.closed() == 1001


async def test_frames_that_are_too_big_close_with_1009(server: ThreadServer, anna: str) -> None:
    async with chat(server.address, anna) as client:
        await client.send({"type": "heartbeat"})
        await client.socket.send(b"\0" * (1024 * 1024 + 1))
        assert await client.closed() == 1009
    async with chat(server.address, anna) as client:
        with suppress(ConnectionClosed):
            await client.send("x" * (8 * 1024 * 1024 + 1))
        assert await client.closed() == 1009
