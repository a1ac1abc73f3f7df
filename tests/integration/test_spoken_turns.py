"""Speech over real sockets: a real server, simulated providers, real sound."""

import asyncio
import base64
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from websockets.asyncio.client import connect

from domain.speech.audio import duration_s, read_wav
from tests.integration.chat_client import ChatClient, Frame, chat, kinds, numbers, text
from tests.integration.live_server import ThreadServer
from tests.integration.phone import SOUND, Phone
from tests.simulators import deepgram, elevenlabs
from tests.simulators.sockets import HALF_A_FRAME, Play, Session

SPOKEN = (Path(__file__).parents[1] / "fixtures" / "spoken.wav").read_bytes()
FACTS = read_wav(SPOKEN)
assert FACTS is not None
PCM = SPOKEN[FACTS.start :][: FACTS.data_bytes]
BLOCK = 8192


def voiced(prompt: str, **tts: Any) -> Frame:
    """Return a question whose answer is to be heard."""
    settings = {"tts_auto_execute": True, **tts}
    return {
        "user_input": {"prompt": prompt},
        "user_settings": {"text": {"model": "demo"}, "tts": settings},
    }


def recording(**changes: Any) -> Frame:
    """Return the beginning of a spoken question."""
    speech = {"model": "deepgram-nova-3", "recording_sample_rate": FACTS.rate_hz if FACTS else 0}
    return {
        "request_type": "audio",
        "user_input": {"prompt": [{"type": "text", "text": ""}], "recording_id": "r-1"},
        "user_settings": {"text": {"model": "demo"}, "speech": speech, **changes},
    }


async def speak(client: ChatClient, end: object = '{"type":"RecordingFinished"}') -> None:
    for at in range(0, len(PCM), BLOCK):
        await client.socket.send(PCM[at : at + BLOCK])
    await client.send(end)


def sound(frames: list[Frame]) -> bytes:
    return b"".join(base64.b64decode(f["content"]) for f in frames if f["type"] == "audio_chunk")


@pytest.mark.integration
@pytest.mark.parametrize(
    ("tts", "spoken_in"), [({"voice": "alice"}, "pcm_24000"), ({"model": "tts-1"}, "pcm")]
)
async def test_an_answer_is_heard_while_it_is_written(
    phone: tuple[Phone, ThreadServer], tts: dict[str, Any], spoken_in: str
) -> None:
    _, server = phone
    async with chat(server.address, server.tokens["anna"]) as client:
        # The first use of a provider imports what it needs, which may take longer than the text.
        await client.send(voiced("Hi", **tts))
        await client.turn()
        await client.send(voiced("Hi. /slow 5 ms", **tts))
        frames = await client.turn()
        await client.nothing_more()
    assert numbers(frames)[0] == 1
    order = kinds(frames)
    assert order[:3] == ["working", "aiTextModelInUse", "tts_started"]
    assert order[-5:] == [
        "tts_generation_completed",
        "tts_completed",
        "tts_file_uploaded",
        "db_operation_executed",
        "text_completed",
    ]
    types = [frame["type"] for frame in frames]
    last_text = max(at for at, kind in enumerate(types) if kind == "text_chunk")
    assert types.index("audio_chunk") < last_text
    started = frames[types.index("tts_started")]["content"]
    assert started["format"] == spoken_in
    url = frames[types.index("tts_file_uploaded")]["content"]["audio_url"]
    here = f"http://{server.address}/files/" + url.partition("/files/")[2]
    content = await asyncio.to_thread(lambda: urlopen(here).read())
    facts = read_wav(content)
    assert facts is not None
    assert (facts.rate_hz, content[facts.start :]) == (24_000, sound(frames))
    assert text(frames).startswith("This is a demonstration")


@pytest.mark.integration
async def test_a_spoken_question_appears_while_it_is_spoken_and_is_answered(
    phone: tuple[Phone, ThreadServer],
) -> None:
    found, server = phone
    async with chat(server.address, server.tokens["anna"]) as client:
        await client.send(recording())
        await client.socket.send(PCM[:BLOCK])
        first = await client.until("transcription")
        assert first["content"] == "Buy two lemons."
        await speak(client, {"type": "Stop", "recording_id": "r-2", "additional_text": "Now"})
        frames = [*client.seen, *await client.turn()]
        await client.nothing_more()
    frames = [frame for frame in frames if frame["type"] != "websocket_ready"]
    assert kinds(frames)[:4] == [
        "working",
        "transcription",
        "transcription_complete",
        "aiTextModelInUse",
    ]
    said = [frame["content"] for frame in frames if frame["type"] == "transcription"]
    complete = next(frame for frame in frames if frame["type"] == "transcription_complete")
    assert "".join(said) == complete["content"] == "Buy two lemons. And sugar."
    assert complete["recording_id"] == "r-2"
    assert "Buy two lemons. And sugar.\n\nNow" in text(frames)
    assert kinds(frames)[-3:] == ["db_operation_executed", "text_completed", "tts_not_requested"]
    session = found.deepgram.sessions[-1]
    heard_s = duration_s(len(session.sound), 16_000)
    assert heard_s == pytest.approx(duration_s(len(PCM) + BLOCK, 22_050), abs=0.01)
    assert session.headers["authorization"] == "Token dg-test"


@pytest.mark.integration
async def test_a_client_that_leaves_after_the_transcript_still_gets_its_answer_stored(
    phone: tuple[Phone, ThreadServer],
) -> None:
    _, server = phone
    async with chat(server.address, server.tokens["anna"]) as client:
        slow = recording()
        slow["user_input"]["prompt"] = ""
        await client.send(slow)
        await speak(client)
        turn = (await client.until("transcription_complete"))["turn_id"]
    async with chat(server.address, server.tokens["anna"]) as client:
        await client.send({"type": "follow", "turn_id": turn})
        frames = await client.turn()
    assert kinds(frames)[-3:] == ["db_operation_executed", "text_completed", "tts_not_requested"]


@pytest.mark.integration
async def test_cancelling_silences_both_and_closes_them_at_the_provider(
    phone: tuple[Phone, ThreadServer],
) -> None:
    found, server = phone

    async def endless(session: Session) -> None:
        await session.receive()
        while True:
            await session.send(elevenlabs.audio(SOUND))
            await asyncio.sleep(0.005)

    found.elevenlabs.script(endless)
    async with chat(server.address, server.tokens["anna"]) as client:
        await client.send(voiced("/long 5000 /slow 5 ms", voice="alice"))
        await client.until("audio_chunk")
        await client.send({"type": "cancel"})
        frames = await client.turn()
        await client.nothing_more()
    cancelled = [frame["type"] for frame in frames].index("cancelled")
    assert kinds(frames[cancelled:]) == [
        "cancelled",
        "db_operation_executed",
        "text_completed",
        "tts_not_requested",
    ]
    await found.elevenlabs.sessions[-1].client_left()


@pytest.mark.integration
async def test_a_recording_that_is_cancelled_ends_at_the_provider(
    phone: tuple[Phone, ThreadServer],
) -> None:
    found, server = phone
    async with chat(server.address, server.tokens["anna"]) as client:
        await client.send(recording())
        await client.socket.send(PCM[:BLOCK])
        await client.until("transcription")
        await client.send({"type": "cancel"})
        frames = await client.turn()
    assert kinds(frames)[-3:] == ["cancelled", "text_completed", "tts_not_requested"]
    await found.deepgram.sessions[-1].client_left()


@pytest.mark.integration
async def test_every_way_a_line_can_fail_ends_the_turn_once(
    phone: tuple[Phone, ThreadServer],
) -> None:
    found, server = phone

    def after_words(beginning: bytes | str) -> Play:
        async def play(session: Session) -> None:
            while not isinstance(await session.receive(), dict):
                continue
            await session.send(deepgram.results("Kept words."))
            if isinstance(beginning, str):
                await session.send(beginning)
            else:
                session.cut(beginning)

        return play

    plays: list[tuple[Any, str, bool]] = [
        (deepgram.refusal(401), "connection", False),
        (deepgram.unheard(code=1011), "transcription", False),
        (deepgram.unheard([deepgram.ERROR]), "transcription", False),
        (deepgram.hearing(), "transcription", False),
        (after_words(b""), "transcription", True),
        (after_words(HALF_A_FRAME), "transcription", True),
        (after_words("<html>"), "transcription", True),
    ]
    async with chat(server.address, server.tokens["anna"]) as client:
        for play, stage, kept in plays:
            found.deepgram.script(play)
            await client.send(recording())
            await speak(client)
            frames = await client.turn()
            errors = [frame for frame in frames if frame["type"] == "error"]
            assert [error["stage"] for error in errors] == [stage], errors
            assert kinds(frames)[-2:] == ["text_completed", "tts_not_requested"]
            assert ("db_operation_executed" in kinds(frames)) is kept
        await client.nothing_more()


@pytest.mark.integration
async def test_a_voice_that_fails_lets_the_text_go_on(phone: tuple[Phone, ThreadServer]) -> None:
    found, server = phone
    broken = elevenlabs.failing(elevenlabs.error("quota_exceeded", "0 credits"))
    found.elevenlabs.script(broken)
    async with chat(server.address, server.tokens["anna"]) as client:
        await client.send(voiced("Hi", voice="alice"))
        frames = await client.turn()
        failed = kinds(frames)
        error = next(frame for frame in frames if frame["type"] == "tts_error")
    assert error["content"]["provider"] == "elevenlabs"
    assert failed.index("tts_completed") == failed.index("tts_error") + 1
    assert failed[-2:] == ["db_operation_executed", "text_completed"]
    assert "tts_file_uploaded" not in failed
    assert text(frames).endswith('"Hi"')


@pytest.mark.integration
async def test_a_stored_message_is_read_out(phone: tuple[Phone, ThreadServer]) -> None:
    _, server = phone
    async with chat(server.address, server.tokens["anna"]) as client:
        await client.send(
            {"user_input": {"prompt": "Hi"}, "user_settings": {"text": {"model": "demo"}}}
        )
        await client.turn()
        saved = next(f for f in client.seen if f["type"] == "db_operation_executed")
        message = int(saved["content"].partition('"ai_message_id": ')[2].partition(",")[0])
        await client.send(
            {
                "request_type": "tts",
                "user_input": {"message_id": message, "text": "Hello there."},
                "user_settings": {"tts": {"voice": "alice"}},
            }
        )
        frames = [*await client.turn(), await client.next(), await client.next()]
        await client.nothing_more()
    assert kinds(frames) == [
        "working",
        "text_not_requested",
        "tts_started",
        "audio_chunk",
        "tts_generation_completed",
        "tts_completed",
        "tts_file_uploaded",
        "db_operation_executed",
    ]
    assert str(message) in frames[-1]["content"]


@pytest.mark.integration
async def test_sound_outside_of_a_recording_means_nothing(
    phone: tuple[Phone, ThreadServer],
) -> None:
    _, server = phone
    async with connect(
        f"ws://{server.address}/chat/ws?token={server.tokens['anna']}", max_size=None
    ) as socket:
        client = ChatClient(socket)
        await client.until("websocket_ready")
        await client.send({"type": "ping"})
        await client.until("pong")
        await socket.send(PCM[:BLOCK])
        await client.send({"type": "audio_chunk", "data": "AAAA"})
        await client.send("stop")
        await client.nothing_more()
