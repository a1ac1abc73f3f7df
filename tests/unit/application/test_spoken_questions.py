"""A question that is spoken: heard, stored, and answered like any other."""

import asyncio
from typing import Any

import pytest
from msgspec import structs

from adapters.memory.clock import settle
from adapters.memory.speech import ScriptedTranscriber
from application.speech.microphone import Microphone, RecordingEnd
from domain.catalog.card import Capability
from domain.conversation.conversation import ConversationDraft, MessageDraft, Sender
from domain.errors import NotConfigured, QuestionDiffers
from domain.files.keys import address_of
from domain.provider_errors import ProviderBrokeOff, ProviderUnauthorized
from domain.speech.errors import RecordingTooLong
from domain.speech.events import (
    SegmentFinished,
    SpeechStarted,
    TranscriptDelta,
    TranscriptFinished,
    TranscriptGuess,
)
from domain.speech.orders import DictationWish
from domain.turn.ask import AUDIO, AUDIO_DIRECT, Ask
from domain.turn.events import TextDelta, TurnCancelled, TurnCompleted, TurnFailed
from domain.turn.prompt import AudioPart, FilePart, TextPart
from domain.turn.voice_events import RecordingAsked, TranscriptHeard, WordsHeard
from tests.unit.rig import ANNA, SWIFT, Rig, question, said

SECOND = bytes(32_000)
LEMONS = [
    TranscriptGuess("Buy"),
    TranscriptDelta("Buy lemons"),
    TranscriptDelta(" with cloud code"),
    TranscriptFinished("Buy lemons with cloud code", 2),
]


def asked(kind: str = AUDIO, **wish: Any) -> Ask:
    spoken = structs.replace(question(), question=(), kind=kind)
    return structs.replace(spoken, dictation=DictationWish(recording_hz=16_000, **wish))


async def run(
    rig: Rig, ask: Ask, microphone: Microphone, end: RecordingEnd | None = None
) -> list[Any]:
    turn = await rig.start(ask, microphone)
    await microphone.feed(SECOND)
    microphone.finish(end)
    async with asyncio.timeout(5):
        return [entry.event for entry in await rig.heard(turn)]


def microphone() -> Microphone:
    return Microphone(16_000, 60)


async def test_words_are_shown_as_they_are_spoken_and_then_answered() -> None:
    ears = ScriptedTranscriber(LEMONS)
    async with Rig(said("Sure."), ears=ears) as rig:
        ask = asked(recording="r-1")
        events = await run(rig, ask, microphone())
        rows = await rig.rows(conversation=events[-1].saved.conversation)
    told = [e for e in events if isinstance(e, WordsHeard | TranscriptHeard | TextDelta)]
    assert told == [
        WordsHeard("Buy lemons"),
        WordsHeard(" with cloud code"),
        TranscriptHeard("Buy lemons with Claude Code", "r-1"),
        TextDelta("Sure."),
    ]
    assert isinstance(events[-1], TurnCompleted)
    assert [(row.sender, row.message) for row in rows] == [
        (Sender.USER, "Buy lemons with Claude Code"),
        (Sender.AI, "Sure."),
    ]
    assert rig.model.prompts[0].messages[-1].text == "Buy lemons with Claude Code"
    assert bytes(ears.sessions[0].heard) == SECOND


async def test_after_a_restart_nobody_listens_again_for_a_question_that_was_answered() -> None:
    ask = structs.replace(asked(), key="k")
    async with Rig(said("Sure."), ears=ScriptedTranscriber(LEMONS)) as first:
        await run(first, ask, microphone())
    async with Rig(after=first) as rig:
        assert not (await rig.turns.start(ask, microphone())).fresh
        other = structs.replace(ask, question=(FilePart("data:text/plain,one"),))
        with pytest.raises(QuestionDiffers):
            await rig.turns.start(other, microphone())


async def test_what_was_added_while_recording_is_asked_too() -> None:
    one, two = FilePart("data:text/plain,one"), FilePart("data:text/plain,two")
    end = RecordingEnd("r-2", (two,), "And sugar")
    async with Rig(said("Sure."), ears=ScriptedTranscriber(LEMONS)) as rig:
        ask = structs.replace(asked(recording="r-1"), question=(TextPart("old"), one))
        events = await run(rig, ask, microphone(), end)
        parts = rig.model.prompts[0].messages[-1].parts
    assert TranscriptHeard("Buy lemons with Claude Code", "r-2") in events
    first, *others = [part.text for part in parts if isinstance(part, TextPart)]
    assert first == "Buy lemons with Claude Code\n\nAnd sugar"
    assert ["one" in others[0], "two" in others[1], len(others)] == [True, True, 2]


async def test_without_an_answer_what_was_said_is_stored_and_that_is_all() -> None:
    async with Rig(ears=ScriptedTranscriber(LEMONS)) as rig:
        events = await run(rig, asked(is_answered=False), microphone())
        assert rig.model.prompts == []
    assert isinstance(events[-1], TurnCompleted)
    assert events[-1].saved is not None
    assert events[-1].saved.answer is None


async def test_bug_reports_are_kept_in_a_conversation_of_their_own() -> None:
    async with Rig(ears=ScriptedTranscriber(LEMONS, LEMONS)) as rig:
        report = asked(is_answered=False, is_bug_report=True)
        first = await run(rig, report, microphone())
        second = await run(rig, structs.replace(report, record=None), microphone())
        assert rig.model.prompts == []
        place = first[-1].saved.conversation
        async with rig.store() as db:
            kept = await db.conversations.get(ANNA, place)
        rows = await rig.rows(conversation=place)
    assert (kept.character, kept.name) == ("bugsy", "Bug Reports")
    assert (second[-1].saved.conversation, second[-1].saved.answer) == (place, None)
    assert [row.message for row in rows] == ["Buy lemons with Claude Code"] * 2


async def test_bug_reports_go_where_earlier_ones_are() -> None:
    script = [*LEMONS[:2], ProviderBrokeOff("acme", "gone")]
    async with Rig(ears=ScriptedTranscriber(script)) as rig:
        async with rig.store() as db:
            draft = ConversationDraft(name="Bug Reports", character="bugsy")
            earlier = await db.conversations.open(ANNA, draft)
            await db.conversations.add_message(
                ANNA, earlier.id, Sender.USER, MessageDraft(message="Old")
            )
        events = await run(rig, asked(is_answered=False, is_bug_report=True), microphone())
        rows = await rig.rows(conversation=earlier.id)
    assert isinstance(events[-1], TurnFailed)
    assert [row.message for row in rows] == ["Old", "Buy lemons"]


async def test_silence_is_an_error_and_leaves_nothing() -> None:
    async with Rig(ears=ScriptedTranscriber([TranscriptFinished(" ")])) as rig:
        events = await run(rig, asked(), microphone())
    assert isinstance(events[-1], TurnFailed)
    assert (events[-1].code, events[-1].saved) == ("nothing_heard", None)


@pytest.mark.parametrize(
    ("script", "code", "words"),
    [
        (ProviderUnauthorized("acme", "no"), "hearing_refused", None),
        (NotConfigured("ACME_KEY"), "hearing_failed", None),
        ([ProviderBrokeOff("acme", "gone")], "hearing_broke", None),
        ([*LEMONS[:2], ProviderBrokeOff("acme", "gone")], "hearing_broke", "Buy lemons"),
    ],
)
async def test_a_line_that_breaks_keeps_the_words(
    script: Any, code: str, words: str | None
) -> None:
    async with Rig(ears=ScriptedTranscriber(script)) as rig:
        events = await run(rig, asked(), microphone())
        ending = events[-1]
        assert isinstance(ending, TurnFailed)
        assert (ending.code, ending.saved is not None) == (code, words is not None)
        if ending.saved is not None:
            (row,) = await rig.rows(conversation=ending.saved.conversation)
            assert row.message == words
        assert rig.model.prompts == []


async def test_a_client_that_leaves_while_recording_keeps_its_words_unanswered() -> None:
    async with Rig(ears=ScriptedTranscriber(LEMONS)) as rig:
        heard = microphone()
        turn = await rig.start(asked(), heard)
        heard.lost()
        ending = await rig.ending(turn)
        assert rig.model.prompts == []
    assert isinstance(ending, TurnCancelled)
    assert ending.saved is not None


async def test_cancelling_a_recording_ends_it_at_the_provider() -> None:
    ears = ScriptedTranscriber([*LEMONS[:2], asyncio.Event()])
    async with Rig(ears=ears) as rig:
        turn = await rig.start(asked(), microphone())
        await rig.turns.cancel(ANNA, turn)
        ending = await rig.ending(turn)
        assert not ears.sessions[0].is_open
    assert isinstance(ending, TurnCancelled)
    assert ending.saved is None


async def test_segments_and_pauses_are_told_only_to_those_who_watch() -> None:
    script = [SpeechStarted(), SegmentFinished("One", 1), SegmentFinished("Two", 2), *LEMONS]
    async with Rig(said("a"), said("b"), ears=ScriptedTranscriber(script, script)) as rig:
        watched = await run(rig, asked(), microphone())
        alone = await run(rig, asked(is_told=False), microphone())
    names = [type(event).__name__ for event in watched]
    assert names[1:5] == ["SpeechNoticed", "SegmentHeard", "WordsHeard", "WordsHeard"]
    assert not any(isinstance(event, WordsHeard) for event in alone)


def hearing() -> tuple[Any, Ask]:
    """Return a model that hears, and a recording for it."""
    can = frozenset({Capability.AUDIO_IN})
    hears = structs.replace(SWIFT, id="hears", model="hears-1", can=can, aliases=())
    ask = asked(AUDIO_DIRECT)
    return hears, structs.replace(ask, settings=structs.replace(ask.settings, model="hears"))


async def test_a_model_that_hears_gets_the_recording_itself() -> None:
    hears, ask = hearing()
    async with Rig(said("Sure."), cards=(hears,)) as rig:
        events = await run(rig, ask, microphone())
        parts = rig.model.prompts[0].messages[-1].parts
        rows = await rig.rows(conversation=events[-1].saved.conversation)
        (kept,) = (await rig.files.page(ANNA)).files
        content = b"".join([chunk async for chunk in rig.files.read(ANNA, kept.key)])
    assert isinstance(events[1], RecordingAsked)
    assert "multimodal" in events[1].text
    (sound,) = [part for part in parts if isinstance(part, AudioPart)]
    assert sound.url.startswith("data:audio/wav;base64,UklGR")
    assert [row.message for row in rows] == ["", "Sure."]
    assert rows[0].file_locations == (address_of(kept.key),)
    assert content.endswith(SECOND)


@pytest.mark.parametrize("kept", [True, False])
async def test_a_recording_that_is_not_kept_is_heard_all_the_same(kept: bool) -> None:
    hears, ask = hearing()
    async with Rig(said("Sure."), cards=(hears,)) as rig:
        rig.files.away = kept
        events = await run(rig, ask if kept else structs.replace(ask, record=None), microphone())
        rig.files.away = False
        assert not (await rig.files.page(ANNA)).files
    assert isinstance(events[-1], TurnCompleted)


async def test_a_recording_without_sound_is_an_error() -> None:
    async with Rig() as rig:
        heard = microphone()
        turn = await rig.start(asked(AUDIO_DIRECT), heard)
        heard.finish()
        ending = await rig.ending(turn)
    assert isinstance(ending, TurnFailed)
    assert (ending.code, ending.saved) == ("no_sound", None)


async def test_a_microphone_holds_a_minute_and_then_its_speaker_waits() -> None:
    heard = Microphone(8000, 600)
    minute = bytes(2 * 8000 * 60)
    await heard.feed(minute)
    waiting = asyncio.create_task(heard.feed(b"ab"))
    await settle()
    assert not waiting.done()
    sound = heard.sound()
    assert await anext(sound) == minute
    await waiting
    assert await anext(sound) == b"ab"
    heard.finish()
    await heard.feed(b"late")
    assert [pcm async for pcm in sound] == []


async def test_a_recording_ends_at_its_longest() -> None:
    heard = Microphone(8000, 1)
    await heard.feed(bytes(16_000))
    await heard.feed(b"")
    with pytest.raises(RecordingTooLong, match="may last 1 s"):
        await heard.feed(b"late")
    await heard.feed(b"later")
    assert heard.is_over
    assert len(b"".join([pcm async for pcm in heard.sound()])) == 16_000
