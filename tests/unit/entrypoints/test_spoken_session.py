"""A chat socket on which somebody speaks."""

import asyncio
from typing import Any

import pytest

from adapters.memory.clock import ManualClock, settle
from adapters.memory.speech import ScriptedSpeaker, ScriptedTranscriber
from adapters.memory.turn_log import MemoryTurnLog
from application.speech import microphone
from domain.provider_errors import ProviderBrokeOff, ProviderRejected
from domain.speech.events import TranscriptDelta, TranscriptFinished
from domain.speech.orders import VoiceWish
from domain.turn.settings import TurnSettings
from entrypoints.web.deliveries import Deliveries
from tests.unit.entrypoints.sockets import PAIR, Client, Frame, asking
from tests.unit.rig import ANNA, Rig, question, said

LEMONS = [TranscriptDelta("Buy lemons"), TranscriptFinished("Buy lemons")]
SECOND = bytes(16_000)


def speaking(**settings: Any) -> Frame:
    plain = {"speech": {"recording_sample_rate": 8000}, "text": {"model": "swift"}}
    return {
        "request_type": "audio",
        "user_input": {"prompt": ""},
        "user_settings": plain | settings,
    }


def directly(**text: Any) -> Frame:
    """Return a question that a model is to hear itself, at the rate at which it hears."""
    found = speaking(text={"model": "swift", **text}, speech={"recording_sample_rate": 16_000})
    return found | {"request_type": "audio_direct"}


async def hears(client: Client, *sound: bytes) -> None:
    for pcm in sound:
        client.socket.say_bytes(pcm)
    await settle(60)


async def test_a_recording_that_makes_no_sense_is_told_when_its_turn_comes() -> None:
    gate = asyncio.Event()
    async with Rig([*said("First"), gate]) as rig, Client(rig) as client:
        await client.say(asking())
        wrong = speaking(speech={"recording_sample_rate": 5})
        assert await client.say(wrong) == []
        gate.set()
        await settle(60)
        assert client.kinds()[-5:] == [*PAIR, "error", *PAIR]


async def test_sound_that_was_dropped_takes_no_text_along() -> None:
    clock, told = ManualClock(), Deliveries()
    turn_log = MemoryTurnLog(clock, max_bytes=8000)
    voice = ScriptedSpeaker([b"a" * 3000] * 6)
    spoken = TurnSettings(model="swift", speech_wanted=True, voice=VoiceWish())
    async with Rig(said("One."), voice=voice, turn_log=turn_log, clock=clock) as rig:
        turn = await rig.start(question(settings=spoken))
        async with Client(rig, deliveries=told) as client:
            follow = {"type": "follow", "turn_id": turn}
            heard = await client.say(follow)
            (dropped,) = [f for f in heard if f.get("event_type") == "soundDropped"]
            assert dropped["content"] == {
                "type": "soundDropped",
                "code": "no_buffer",
                "chunks": dropped["seq"] - dropped["seq_from"] + 1,
            }
            numbers = [n for f in heard for n in range(f.get("seq_from", f["seq"]), f["seq"] + 1)]
            assert sorted({*numbers}) == [*range(1, heard[-1]["seq"] + 1)]
            assert "".join(f["content"] for f in heard if f["type"] == "text_chunk") == "One."
            assert "audio_chunk" in [f["type"] for f in heard]
            over = await client.say(follow | {"after": 1000})
            assert [f["type"] for f in over] == PAIR
            told.shows("c-0", ANNA, turn)
            (batch,) = await client.say({"type": "stream_resume", "session_id": "c-0"})
            assert [chunk["content"] for chunk in batch["data"]["chunks"]] == ["One."]


async def test_what_is_said_after_the_longest_recording_is_told_once() -> None:
    ears = ScriptedTranscriber(LEMONS)
    async with Rig(said("Sure."), ears=ears) as rig, Client(rig) as client:
        await client.say(speaking())
        await hears(client, *[SECOND * 60] * 10, SECOND, SECOND)
        (error,) = [frame for frame in client.socket.sent if frame["type"] == "error"]
        assert (error["stage"], error["code"]) == ("validation", "recording_too_long")
        assert "may last 600 s" in error["content"]
        assert client.text == "Sure."
        assert client.kinds()[-2:] == PAIR
        assert len(ears.sessions[0].heard) == len(SECOND) * 600


async def test_a_recording_ends_where_the_next_begins() -> None:
    ears = ScriptedTranscriber(LEMONS, LEMONS)
    async with Rig(said("One."), said("Two."), ears=ears) as rig, Client(rig) as client:
        await client.say(speaking())
        await hears(client, SECOND)
        await client.say(speaking())
        await hears(client, SECOND, SECOND)
        await client.say("stop")
        assert client.text == "One.Two."
        assert [len(each.heard) for each in ears.sessions] == [16_000, 32_000]


async def test_a_client_that_falls_silent_is_answered_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ears = ScriptedTranscriber(LEMONS)
    async with Rig(said("Sure."), ears=ears) as rig, Client(rig) as client:
        monkeypatch.setattr(microphone, "SILENT_S", 0.0)
        await client.say(speaking())
        await hears(client)
        assert client.text == "Sure."
        assert client.kinds()[-2:] == PAIR


async def test_sound_that_nobody_takes_fails_the_recording_and_keeps_its_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(microphone, "PATIENCE_S", 0.0)
    ears = ScriptedTranscriber(LEMONS)
    gate = asyncio.Event()
    async with Rig([gate, *said("First.")], ears=ears) as rig, Client(rig) as client:
        # Nobody hears yet: the question before is still being answered.
        await client.say(asking(), speaking())
        await hears(client, SECOND * 60, SECOND)
        gate.set()
        await hears(client)
        (error,) = [frame for frame in client.socket.sent if frame["type"] == "error"]
        assert (error["stage"], error["code"]) == ("transcription", "hearing_broke")
        assert "does not keep up" in error["content"]
        assert client.kinds()[-3:] == ["db_operation_executed", *PAIR]
        assert len(ears.sessions[0].heard) == len(SECOND) * 60


@pytest.mark.parametrize(
    ("script", "stage"),
    [
        ([], "audio_collection"),
        ([ProviderRejected("acme", "no")], "gemini_multimodal"),
        ([*said("So"), ProviderBrokeOff("acme", "gone")], "gemini_multimodal"),
        ([RuntimeError("bug")], "audio_direct"),
    ],
    ids=["no sound", "before", "after", "defect"],
)
async def test_what_fails_where_a_model_hears_has_stages_of_its_own(
    script: list[Any], stage: str
) -> None:
    async with Rig(script) as rig, Client(rig) as client:
        await client.say(directly())
        await hears(client, *([SECOND] if script else []))
        await client.say("stop")
        (error,) = [frame for frame in client.socket.sent if frame["type"] == "error"]
        assert error["stage"] == stage
        assert client.kinds()[-2:] == PAIR


async def test_the_answer_to_a_recording_comes_whole_where_it_is_wanted_so() -> None:
    script = [*said("One. ", "Two."), ProviderBrokeOff("acme", "gone")]
    async with Rig(said("One. ", "Two."), script) as rig, Client(rig) as client:
        for _ in range(2):
            await client.say(directly(stream=False, maxTokens=9))
            await hears(client, SECOND)
            await client.say("stop")
        chunks = [f["content"] for f in client.socket.sent if f["type"] == "text_chunk"]
        assert chunks == ["One. Two."] * 2
        asked = rig.model.prompts[0]
        assert (asked.temperature, asked.max_tokens) == (0.7, 9)
