"""A turn that is heard while it is written."""

import asyncio
from typing import Any

import pytest
from msgspec import structs

from adapters.demo.speech_catalog import SPEAKERS
from adapters.memory.clock import settle
from adapters.memory.speech import ScriptedSpeaker, sound_of
from application.speech import voice_leg
from domain.conversation.conversation import Sender
from domain.provider_errors import ProviderBrokeOff, ProviderUnavailable
from domain.speech.audio import read_wav
from domain.speech.cards import SpeakerFamily
from domain.speech.orders import VoiceWish
from domain.turn.ask import TTS, Ask
from domain.turn.events import (
    AnswerWritten,
    SpeechDeclined,
    TextDelta,
    TurnCancelled,
    TurnCompleted,
    TurnFailed,
)
from domain.turn.prompt import TextPart
from domain.turn.settings import TurnSettings
from domain.turn.voice_events import AudioChunk, VoiceBegan, VoiceEnded, VoiceFailed, VoiceStored
from tests.unit.rig import ANNA, BORIS, Rig, question, said

SPOKEN = TurnSettings(model="swift", speech_wanted=True, voice=VoiceWish())
REQUESTS = structs.replace(
    SPEAKERS, cards=tuple(structs.replace(card, reads_on=False) for card in SPEAKERS.cards)
)
"""A voice that is asked piece by piece."""


def spoken(**changes: Any) -> Ask:
    return question(settings=structs.replace(SPOKEN, **changes))


def kinds(events: list[Any]) -> list[str]:
    """Return the kinds of events, those that follow one another only once."""
    names = [type(event).__name__ for event in events]
    return [name for at, name in enumerate(names) if at == 0 or names[at - 1] != name]


async def events_of(rig: Rig, ask: Ask) -> list[Any]:
    turn = await rig.start(ask)
    async with asyncio.timeout(5):
        return [entry.event for entry in await rig.heard(turn)]


def sound_in(events: list[Any]) -> bytes:
    return b"".join(event.data for event in events if isinstance(event, AudioChunk))


@pytest.mark.parametrize("family", [SPEAKERS, REQUESTS], ids=["reading", "requests"])
async def test_text_and_sound_come_side_by_side_and_the_sound_is_kept(
    family: SpeakerFamily,
) -> None:
    gate = asyncio.Event()
    script = [*said("Hello the", "re. How "), gate, *said("are you?")]
    async with Rig(script, voice_family=family) as rig:
        turn = await rig.start(spoken())
        async with rig.turns.follow(ANNA, turn) as batches:
            seen: list[Any] = []
            async for batch in batches:
                seen += [entry.event for entry in batch]
                if any(isinstance(event, AudioChunk) for event in seen):
                    gate.set()  # The first piece is heard before the second is written.
        (message,) = [m for m in await rig.rows(turn) if m.is_tts]
        (kept,) = (await rig.files.page(ANNA)).files
        content = b"".join([chunk async for chunk in rig.files.read(ANNA, kept.key)])
    assert kinds(seen) == [
        "TurnStarted",
        "ModelChosen",
        "VoiceBegan",
        "TextDelta",
        "AudioChunk",
        "TextDelta",
        "AnswerWritten",
        "AudioChunk",
        "VoiceEnded",
        "VoiceStored",
        "TurnCompleted",
    ]
    assert sound_in(seen) == sound_of("Hello there.") + sound_of("How are you?")
    assert seen[-1].speech_settled
    ended = next(event for event in seen if isinstance(event, VoiceEnded))
    assert (ended.pieces, ended.chunks) == (2, 2)
    assert message.file_locations[0].endswith(kept.key)
    assert message.api_tts_gen_model_name == "demo"
    facts = read_wav(content)
    assert facts is not None
    assert (facts.rate_hz, content[facts.start :]) == (24_000, sound_in(seen))


@pytest.mark.parametrize("family", [SPEAKERS, REQUESTS], ids=["reading", "requests"])
async def test_a_voice_that_breaks_lets_the_text_go_on(family: SpeakerFamily) -> None:
    voice = ScriptedSpeaker([b"ab"], [b"cd", ProviderBrokeOff("acme", "gone")])
    script = said("One. ", "Two. ", "Three. ", "Four.")
    async with Rig(script, voice=voice, voice_family=family) as rig:
        turn = await rig.start(spoken())
        events = [entry.event for entry in await rig.heard(turn)]
        (answer,) = [m for m in await rig.rows(turn) if m.sender is Sender.AI]
    failed = [event for event in events if isinstance(event, VoiceFailed)]
    assert failed == [VoiceFailed("gone", "demo", "provider_broke_off")]
    assert sound_in(events) == b"abcd"
    assert isinstance(events[-1], TurnCompleted)
    assert events[-1].speech_settled
    assert not any(isinstance(event, VoiceEnded | VoiceStored) for event in events)
    assert (answer.message, answer.is_tts) == ("One. Two. Three. Four.", False)


@pytest.mark.parametrize("text", ["!!! ---", "```\ncode\n```"])
async def test_what_cannot_be_spoken_ends_the_voice_properly(text: str) -> None:
    async with Rig(said(text)) as rig:
        events = await events_of(rig, spoken())
    assert [type(e) for e in events if isinstance(e, VoiceBegan | VoiceFailed)] == [
        VoiceBegan,
        VoiceFailed,
    ]
    assert isinstance(events[-1], TurnCompleted)


@pytest.mark.parametrize("family", [SPEAKERS, REQUESTS], ids=["reading", "requests"])
async def test_cancelling_silences_the_voice(family: SpeakerFamily) -> None:
    voice = ScriptedSpeaker([b"ab", asyncio.Event(), b"cd"])
    async with Rig([*said("One. Two. "), asyncio.Event()], voice=voice, voice_family=family) as rig:
        turn = await rig.start(spoken())
        await settle()
        await rig.turns.cancel(ANNA, turn)
        events = [entry.event for entry in await rig.heard(turn)]
    assert sound_in(events) == b"ab"
    assert isinstance(events[-1], TurnCancelled)
    assert not events[-1].speech_settled
    assert voice.closed_early == 1


async def test_a_text_that_fails_silences_the_voice() -> None:
    script = [*said("One. Two. "), ProviderUnavailable("acme", "sorry")]
    async with Rig(script, voice=ScriptedSpeaker([b"ab", asyncio.Event()])) as rig:
        events = await events_of(rig, spoken())
    assert isinstance(events[-1], TurnFailed)
    assert not events[-1].speech_settled


@pytest.mark.parametrize(
    "voice", [None, VoiceWish(provider="acme"), VoiceWish(provider="demo", model="x")]
)
async def test_a_voice_that_nobody_has_is_declined_at_once(voice: VoiceWish | None) -> None:
    async with Rig(said("One.")) as rig:
        events = await events_of(rig, spoken(voice=voice))
    assert kinds(events)[:4] == ["TurnStarted", "ModelChosen", "SpeechDeclined", "TextDelta"]
    assert isinstance(events[-1], TurnCompleted)


async def test_a_silent_turn_has_no_voice() -> None:
    async with Rig(said("One.")) as rig:
        events = await events_of(rig, spoken(speech_wanted=False))
        assert rig.voice.texts == []
    assert not any(isinstance(event, VoiceBegan | SpeechDeclined) for event in events)


async def test_half_samples_are_never_sent() -> None:
    async with Rig(said("One."), voice=ScriptedSpeaker([b"a", b"bcd", b"e"])) as rig:
        events = await events_of(rig, spoken())
    assert [e.data for e in events if isinstance(e, AudioChunk)] == [b"abcd"]


async def test_sound_that_cannot_be_kept_was_heard_all_the_same() -> None:
    async with Rig(said("One.")) as rig:
        rig.files.away = True
        events = await events_of(rig, spoken())
    assert kinds(events)[-2:] == ["VoiceEnded", "TurnCompleted"]


async def test_an_inline_voice_is_a_data_url() -> None:
    async with Rig(said("One.")) as rig:
        events = await events_of(rig, spoken(keeps_sound=False))
        assert not (await rig.files.page(ANNA)).files
    (stored,) = [event for event in events if isinstance(event, VoiceStored)]
    assert stored.url.startswith("data:audio/wav;base64,UklGR")


async def test_a_long_text_is_spoken_whole_and_in_order() -> None:
    words = [f"Sentence number {number}. " for number in range(400)]
    async with Rig(said(*words), voice_family=REQUESTS) as rig:
        events = await events_of(rig, spoken())
        assert rig.voice.texts == [word.strip() for word in words]
    assert sound_in(events) == b"".join(map(sound_of, rig.voice.texts))
    assert "".join(e.text for e in events if isinstance(e, TextDelta)) == "".join(words)
    assert any(isinstance(event, AnswerWritten) for event in events)


def only_spoken(voiced: Any = None, **changes: Any) -> Ask:
    found = structs.replace(spoken(**changes), kind=TTS, record=None, voiced=voiced)
    return structs.replace(found, question=(TextPart("Hello there. Bye."),))


async def test_a_stored_message_is_spoken_and_gets_its_sound() -> None:
    async with Rig(said("Hello.")) as rig:
        turn = await rig.start(question())
        await rig.ending(turn)
        (_, answer) = await rig.rows(turn)
        events = await events_of(rig, only_spoken(answer.message_id))
        (_, voiced) = await rig.rows(turn)
        assert len(rig.model.prompts) == 1
    assert kinds(events) == [
        "TurnStarted",
        "TextNotRequested",
        "VoiceBegan",
        "AudioChunk",
        "VoiceEnded",
        "VoiceStored",
        "MessageVoiced",
        "TurnCompleted",
    ]
    assert (events[-1].text_settled, events[-1].speech_settled) == (True, True)
    assert voiced.file_locations == (events[-3].address,)
    assert voiced.api_tts_gen_model_name == "demo"


async def test_a_strangers_message_is_not_spoken() -> None:
    async with Rig(said("Hello.")) as rig:
        turn = await rig.start(question(user=BORIS))
        await rig.ending(turn, user=BORIS)
        (_, answer) = await rig.rows(turn)
        events = await events_of(rig, only_spoken(answer.message_id))
        assert rig.voice.texts == []
    assert isinstance(events[-1], TurnFailed)
    assert (events[-1].code, events[-1].text_settled) == ("not_found", True)


async def test_a_text_that_nobody_can_speak_says_so() -> None:
    async with Rig() as rig:
        events = await events_of(rig, only_spoken(voice=VoiceWish(provider="acme")))
    assert isinstance(events[-1], TurnFailed)
    assert (events[-1].code, events[-1].speech_settled) == ("feature_unavailable", False)


async def test_a_text_that_is_to_be_attached_needs_its_message_once_it_was_heard() -> None:
    async with Rig() as rig:
        nameless = structs.replace(only_spoken(), wants_voiced=True)
        events = await events_of(rig, nameless)
    assert sound_in(events) == sound_of("Hello there.") + sound_of("Bye.")
    assert [e.pieces for e in events if isinstance(e, VoiceBegan | VoiceEnded)] == [2, 2]
    assert kinds(events)[-2:] == ["VoiceStored", "TurnFailed"]
    assert (events[-1].code, events[-1].message) == (
        "voiced_no_message",
        "TTS request requires message_id",
    )
    assert (events[-1].text_settled, events[-1].speech_settled) == (True, True)


async def test_a_text_alone_that_is_not_heard_to_its_end_has_failed() -> None:
    voice = ScriptedSpeaker([b"ab", ProviderBrokeOff("acme", "gone")])
    async with Rig(voice=voice) as rig:
        events = await events_of(rig, structs.replace(only_spoken(), wants_voiced=True))
    assert events[-2:-1] == [VoiceFailed("gone", "demo", "provider_broke_off", was_all=True)]
    assert isinstance(events[-1], TurnCompleted)


async def test_a_client_is_tried_out_without_a_provider() -> None:
    async with Rig(said("One. ", "Two.")) as rig:
        events = await events_of(rig, spoken(tries_voice=True))
        alone = await events_of(rig, only_spoken(tries_voice=True, voice=VoiceWish(voice="nova")))
        assert (rig.voice.texts, (await rig.files.page(ANNA)).files) == ([], ())
        (answer,) = [
            m for m in await rig.rows(conversation=events[-1].saved.conversation) if m.is_tts
        ]
    assert sound_in(events) == b"test-audio"
    assert [type(e).__name__ for e in alone] == [
        "TurnStarted",
        "TextNotRequested",
        "VoiceBegan",
        "AudioChunk",
        "VoiceEnded",
        "VoiceStored",
        "TurnCompleted",
    ]
    began = alone[2]
    assert (began.provider, began.model, began.voice) == ("test-data", "mock-model", "nova")
    assert answer.file_locations == ("https://example.invalid/1/assets/tts/dHRzLXRlc3QtMQ==.mp3",)


async def test_a_voice_that_does_not_come_to_its_end_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(voice_leg, "PATIENCE_S", 0.0)
    async with Rig(said("One."), voice=ScriptedSpeaker([asyncio.Event()])) as rig:
        events = await events_of(rig, spoken())
    (failed,) = [event for event in events if isinstance(event, VoiceFailed)]
    assert "took too long to speak" in failed.message
    assert isinstance(events[-1], TurnCompleted)
