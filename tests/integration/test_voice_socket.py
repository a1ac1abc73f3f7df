"""Texts read aloud on a socket of their own while they come, by simulated providers."""

import asyncio
import base64
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.integration.chat_client import WAIT_S, Frame
from tests.integration.live_server import ThreadServer
from tests.integration.phone import SOUND, Phone
from tests.simulators import elevenlabs
from tests.simulators.sockets import Session

Served = tuple[Phone, ThreadServer]


@asynccontextmanager
async def voice(server: ThreadServer, name: str = "anna") -> AsyncGenerator[ClientConnection]:
    address = f"ws://{server.address}/tts/ws?token={server.tokens[name]}"
    async with connect(address) as socket:
        assert (await heard(socket))["type"] == "websocket_ready"
        yield socket


async def heard(socket: ClientConnection) -> Frame:
    async with asyncio.timeout(WAIT_S):
        return json.loads(await socket.recv())


async def say(socket: ClientConnection, *messages: object) -> None:
    for message in messages:
        await socket.send(message if isinstance(message, str) else json.dumps(message))


async def rest(socket: ClientConnection) -> tuple[list[Frame], int | None]:
    """Return all frames to come, and why the socket was closed."""
    frames: list[Frame] = []
    async with asyncio.timeout(WAIT_S):
        with suppress(ConnectionClosed):
            while True:
                frames.append(json.loads(await socket.recv()))
    return frames, socket.close_code


def init(text: str | None = None, **tts: Any) -> Frame:
    said = {"session_id": "s", "user_settings": {"tts": tts}, "text": text}
    return {"type": "init", **said}


@pytest.mark.integration
@pytest.mark.parametrize("in_payload", [False, True])
async def test_a_text_is_heard_while_it_comes_and_to_its_end(
    phone: Served, in_payload: bool
) -> None:
    _, server = phone
    begin = init("Hello there. ", voice="alice") | {"customer_id": 1}
    async with voice(server) as socket:
        await say(socket, {"type": "init", "payload": begin} if in_payload else begin)
        ready = await heard(socket)
        who = {"provider": "elevenlabs", "model": ready["model"], "voice": ready["voice"]}
        assert ready == {
            "type": "status",
            "status": "initialised",
            **who,
            "format": "pcm_24000",
            "session_id": "s",
            "customer_id": 1,
        }
        assert (await heard(socket))["sequence"] == 1
        await say(socket, {"type": "send_text", "text": "And more. The"}, " StOp ")
        frames, code = await rest(socket)
    sound = [frame for frame in frames if frame["type"] == "audio_chunk"]
    assert [frame["sequence"] for frame in sound] == list(range(2, len(sound) + 2))
    assert len(sound) >= 2
    assert sound[0].items() >= (who | {"format": "pcm_24000"}).items()
    assert base64.b64decode(sound[0]["chunk"])
    finished, completed = frames[-2:]
    status = {"type": "status", **who, "format": "pcm_24000"}
    assert finished == {**status, "status": "finished", "details": None}
    timings = completed.pop("timings")
    assert completed == {**status, "status": "completed"}
    asked, first = timings["tts_request_sent_time"], timings["tts_first_response_time"]
    assert asked <= first <= timings["tts_completed_time"]
    assert code == 1000


@pytest.mark.integration
async def test_any_provider_that_is_named_reads(phone: Served) -> None:
    _, server = phone
    async with voice(server) as socket:
        await say(socket, init("Hello. Again.", provider="demo"), {"type": "stop"})
        frames, code = await rest(socket)
    assert [frame.get("status") for frame in frames if frame["type"] == "status"] == [
        "initialised",
        "finished",
        "completed",
    ]
    assert code == 1000
    assert any(frame["type"] == "audio_chunk" for frame in frames)


@pytest.mark.integration
async def test_what_makes_no_sense_is_told_and_the_socket_stays_open(phone: Served) -> None:
    _, server = phone
    async with voice(server) as socket:
        await say(socket, init(provider="demo"))
        await heard(socket)
        nonsense: list[object] = [
            "{no json",
            {"type": "dance"},
            {"type": "send_text", "text": " "},
            {"type": "send_text"},
            {"type": "send_text", "text": "a" * 100_001},
        ]
        for message in nonsense:
            await say(socket, message)
            assert (await heard(socket))["type"] == "error", message
        await socket.send(b"\x00\x01")
        assert (await heard(socket))["type"] == "error"
        await say(socket, {"type": "stop"})
        frames, code = await rest(socket)
    # Nothing was to be read, and nothing is heard.
    assert [frame["status"] for frame in frames] == ["finished", "completed"]
    assert frames[-1]["timings"]["tts_first_response_time"] is None
    assert code == 1000


@pytest.mark.integration
@pytest.mark.parametrize(
    ("first", "code"),
    [
        ({"type": "send_text", "text": "Hi"}, 1002),
        ("{no json", 1002),
        (init(speed="fast"), 1003),
        (init(provider="nobody"), 1003),
        (init(provider="demo") | {"customer_id": 999}, 1003),
        (init(format="midi"), 1003),
        ({"type": "init", "payload": []}, 1003),
    ],
)
async def test_a_wrong_beginning_is_told_and_ends_it(
    phone: Served, first: object, code: int
) -> None:
    _, server = phone
    async with voice(server) as socket:
        await say(socket, first)
        frames, closed = await rest(socket)
    assert [frame["type"] for frame in frames] == ["error"]
    assert bool(frames[0].get("details")) is (code == 1003)
    assert closed == code


@pytest.mark.integration
async def test_a_provider_that_fails_is_told_once(phone: Served) -> None:
    found, server = phone
    found.elevenlabs.script(elevenlabs.failing(elevenlabs.error("quota_exceeded", "0 credits")))
    async with voice(server) as socket:
        await say(socket, init("Hello there. ", voice="alice"))
        frames, code = await rest(socket)
    assert [frame["type"] for frame in frames] == ["status", "error"]
    assert code == 1011


@pytest.mark.integration
async def test_who_leaves_is_read_to_no_longer(phone: Served) -> None:
    found, server = phone

    async def endless(session: Session) -> None:
        await session.receive()
        while True:
            await session.send(elevenlabs.audio(SOUND))
            await asyncio.sleep(0.005)

    found.elevenlabs.script(endless)
    async with voice(server) as socket:
        await say(socket, init("Hello there. ", voice="alice"), {"type": "stop"})
        while (await heard(socket))["type"] != "audio_chunk":
            pass
    await found.elevenlabs.sessions[-1].client_left()


@pytest.mark.integration
async def test_a_user_hears_only_so_many_voices_at_once(phone: Served) -> None:
    _, server = phone
    opened: list[ClientConnection] = []
    last: Frame = {}
    try:
        for _ in range(9):
            address = f"ws://{server.address}/tts/ws?token={server.tokens['boris']}"
            opened.append(await connect(address))
            await heard(opened[-1])
            await say(opened[-1], init(provider="demo"))
            last = await heard(opened[-1])
    finally:
        for socket in opened:
            await socket.close()
    assert (last["type"], last["code"]) == ("error", "too_many_turns")
    async with voice(server, "boris") as socket:
        await say(socket, init(provider="demo"))
        assert (await heard(socket))["status"] == "initialised"


@pytest.mark.integration
@pytest.mark.parametrize("token", ["", "wrong"])
async def test_without_a_token_there_is_no_socket(phone: Served, token: str) -> None:
    _, server = phone
    with pytest.raises(InvalidStatus) as refused:
        await connect(f"ws://{server.address}/tts/ws?token={token}")
    assert refused.value.response.status_code == 403
