"""Every way in which a provider of speech can fail, and the error of ours that it is."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from typing import Any

import pytest

from adapters.deepgram.catalog import TRANSCRIBERS as DEEPGRAM
from adapters.deepgram.transcribe import DeepgramTranscriber
from adapters.google.transcribe import GoogleTranscriber
from adapters.openai.transcribe import OpenAITranscriber
from adapters.transport.patience import Patience
from domain.errors import ParleyError
from domain.provider_errors import (
    ConnectTimedOut,
    ProviderBrokeOff,
    ProviderError,
    ProviderGarbled,
    ProviderOverloaded,
    ProviderRejected,
    ProviderTimeout,
    ProviderUnauthorized,
    ProviderUnavailable,
    ProviderUnpaid,
    ProviderUnreachable,
    StreamStalled,
)
from domain.speech.events import HeardEvent, TranscriptDelta, TranscriptFinished
from domain.speech.orders import FileOrder, Recording
from tests.contract.ears import (
    KEY,
    SECOND,
    Ears,
    card_of,
    deepgram_ears,
    gemini_ears,
    openai_ears,
)
from tests.contract.voices import SOUND, Voice, elevenlabs_voice, openai_voice, read_out, spoken
from tests.simulators import deepgram, elevenlabs, google, openai_sound
from tests.simulators.replies import Cut, Gate, Hang, Reply, delayed, failure, raw
from tests.simulators.sockets import HALF_A_FRAME, Play, Session

IMPATIENT = Patience(connect_s=0.15, first_token_s=0.15, idle_s=0.15)
EARS = {"deepgram": deepgram_ears, "openai": openai_ears, "gemini": gemini_ears}
LIVE = {"deepgram": deepgram_ears, "openai": openai_ears}
VOICES = {"openai": openai_voice, "elevenlabs": elevenlabs_voice}
REFUSALS: dict[str, Callable[..., Reply]] = {
    "deepgram": deepgram.refusal,
    "openai": failure,
    "gemini": google.refusal,
    "elevenlabs": elevenlabs.refusal,
}
STATUSES = [
    (401, ProviderUnauthorized),
    (429, ProviderOverloaded),
    (500, ProviderUnavailable),
    (400, ProviderRejected),
]


async def error_of(work: Awaitable[Any]) -> ParleyError:
    with pytest.raises(ParleyError) as caught:
        await work
    assert KEY not in str(caught.value)
    return caught.value


async def read(ears: Ears) -> Any:
    recording = Recording(b"RIFF", "audio/wav", "a.wav")
    return await ears.transcriber.transcribe(recording, FileOrder(ears.card))


async def listened(ears: Ears, into: list[HeardEvent] | None = None) -> list[HeardEvent]:
    """Speak a second, finish, and collect what is written down."""
    found = [] if into is None else into
    async with ears.transcriber.listen(ears.order()) as listening:
        await listening.hear(SECOND)
        await listening.finish()
        async for event in listening.events():
            found.append(event)
    return found


@asynccontextmanager
async def recording_of(name: str) -> AsyncGenerator[tuple[Any, Callable[[], Awaitable[Any]]], None]:
    async with EARS[name](patience=IMPATIENT) as ears:
        await ears.transcriber.transcribe(Recording(b"", "", ""), FileOrder(ears.card))
        yield ears.sim, lambda: read(ears)


@asynccontextmanager
async def speech_of(name: str) -> AsyncGenerator[tuple[Any, Callable[[], Awaitable[Any]]], None]:
    async with VOICES[name](patience=IMPATIENT) as voice:
        await spoken(voice.speaker, voice.order())
        yield voice.sim, lambda: spoken(voice.speaker, voice.order())


HTTP = {
    **{f"{name} hears": (name, recording_of) for name in EARS},
    **{f"{name} speaks": (name, speech_of) for name in VOICES},
}


@pytest.mark.parametrize("what", HTTP)
async def test_over_http(what: str) -> None:
    name, ready = HTTP[what]
    async with ready(name) as (sim, ask):
        for status, kind in STATUSES:
            sim.script(REFUSALS[name](status, retry_after="7"))
            error = await error_of(ask())
            assert (type(error), status) == (kind, status)
            assert isinstance(error, ProviderError)
            assert error.provider == name
            if isinstance(error, ProviderOverloaded):
                assert error.retry_after_s == 7
        faults = [
            (delayed(sim.default, Hang()), ProviderTimeout),
            (delayed(sim.default, Cut()), ProviderBrokeOff),
            (raw(b"<html>busy</html>"), ProviderGarbled),
            (raw(b""), ProviderGarbled),
            (raw(b'{"text": "\xff", "results": "\xff", "candidates": "\xff"}'), ProviderGarbled),
            (Reply([b'{"te', Cut()]), ProviderBrokeOff),
        ]
        for reply, kind in faults:
            sim.script(reply)
            error = await error_of(ask())
            assert isinstance(error, kind), (reply, error)


@pytest.mark.parametrize("name", VOICES)
async def test_what_was_heard_before_a_voice_broke_off_is_good(name: str) -> None:
    for fault, kind in ((Cut(), ProviderBrokeOff), (Hang(), StreamStalled)):
        async with VOICES[name](patience=IMPATIENT) as voice:
            await spoken(voice.speaker, voice.order())
            voice.will_sound([SOUND[0], fault])
            sound = voice.speaker.speak("Hello", voice.order())
            assert await anext(sound) == SOUND[0]
            assert type(await error_of(anext(sound))) is kind


NOBODY = "http://127.0.0.1:1"
ALONE: dict[str, Callable[[], Any]] = {
    "deepgram": lambda: DeepgramTranscriber(KEY, NOBODY, IMPATIENT),
    "openai": lambda: OpenAITranscriber(KEY, NOBODY, IMPATIENT),
    "gemini": lambda: GoogleTranscriber(KEY, NOBODY, IMPATIENT),
}


@pytest.mark.parametrize("name", EARS)
async def test_nobody_is_there(name: str) -> None:
    alone = ALONE[name]()
    ears = Ears(alone, card_of(DEEPGRAM), lambda *_: None, lambda _: None)
    assert isinstance(await error_of(read(ears)), ProviderUnreachable)
    if name in LIVE:
        assert isinstance(await error_of(listened(ears)), ProviderUnreachable)
    await alone.aclose()


@pytest.mark.parametrize("name", LIVE)
async def test_a_live_session_that_is_refused(name: str) -> None:
    async with LIVE[name](patience=IMPATIENT) as ears:
        assert ears.sockets is not None
        for status, kind in STATUSES:
            ears.sockets.script(REFUSALS[name](status, retry_after="7"))
            error = await error_of(listened(ears))
            assert (type(error), status) == (kind, status)
            if isinstance(error, ProviderOverloaded):
                assert error.retry_after_s == 7
        redirect = Reply([], 307, {"location": "ws://127.0.0.1:1/"})
        ears.sockets.script(redirect, Gate())
        assert isinstance(await error_of(listened(ears)), ProviderGarbled)
        assert isinstance(await error_of(listened(ears)), ConnectTimedOut)


def after_a_word(name: str, rest: Play) -> Play:
    """Return a play in which one piece is heard, and then something goes wrong."""
    said = {
        "deepgram": [deepgram.results("One.")],
        "openai": [openai_sound.committed("a"), openai_sound.delta("a", "One.")],
    }

    async def play(session: Session) -> None:
        last = {"type": {"deepgram": "CloseStream", "openai": "input_audio_buffer.commit"}[name]}
        while await session.receive() != last:
            continue
        for frame in said[name]:
            await session.send(frame)
        await rest(session)

    return play


async def _cut(session: Session) -> None:
    session.cut()


async def _half(session: Session) -> None:
    session.cut(HALF_A_FRAME)


async def _garbage(session: Session) -> None:
    await session.send("<html>")


async def _hang(session: Session) -> None:
    await session.hang()


async def _close_early(session: Session) -> None:
    await session.close(1000)


async def _overloaded(session: Session) -> None:
    await session.close(1013, "try again later")


BREAKS: dict[str, tuple[Play, type[ProviderError]]] = {
    "the connection is reset": (_cut, ProviderBrokeOff),
    "in the middle of a frame": (_half, ProviderBrokeOff),
    "a frame is none": (_garbage, ProviderGarbled),
    "it falls silent": (_hang, StreamStalled),
    "it closes with an error": (_overloaded, ProviderError),
}


@pytest.mark.parametrize("break_", BREAKS)
@pytest.mark.parametrize("name", LIVE)
async def test_a_live_session_that_breaks_keeps_its_words(name: str, break_: str) -> None:
    rest, kind = BREAKS[break_]
    heard: list[HeardEvent] = []
    async with LIVE[name](patience=IMPATIENT, last_words_s=0.1) as ears:
        assert ears.sockets is not None
        ears.sockets.script(after_a_word(name, rest))
        error = await error_of(listened(ears, heard))
    assert isinstance(error, kind), error
    assert [event for event in heard if isinstance(event, TranscriptDelta)] == [
        TranscriptDelta("One.")
    ]


async def test_nobody_waits_for_more_than_a_goodbye() -> None:
    async with deepgram_ears(patience=IMPATIENT) as ears:
        assert ears.sockets is not None
        ears.sockets.script(after_a_word("deepgram", Session.goodbye))
        assert await listened(ears) == [TranscriptDelta("One."), TranscriptFinished("One.", 1)]


async def test_what_deepgram_says_of_itself() -> None:
    async with deepgram_ears(patience=IMPATIENT) as ears:
        assert ears.sockets is not None
        ears.sockets.script(
            deepgram.unheard([deepgram.ERROR], 1011),
            deepgram.unheard((), 1011),
            deepgram.unheard((), 1008, "DATA-0000"),
        )
        errors = [await error_of(listened(ears)) for _ in range(3)]
    assert [type(error) for error in errors] == [
        ProviderUnavailable,
        ProviderRejected,
        ProviderRejected,
    ]
    assert "no sound" in str(errors[1])


async def test_a_session_of_openai_that_is_refused_in_words() -> None:
    async def play(session: Session) -> None:
        await session.receive()
        await session.send(openai_sound.error("invalid_api_key", "Incorrect key: sk-test-…"))
        await session.hang()

    async with openai_ears(patience=IMPATIENT) as ears:
        assert ears.sockets is not None
        ears.sockets.script(play)
        assert isinstance(await error_of(listened(ears)), ProviderUnauthorized)


READING_BREAKS: dict[str, tuple[Any, type[ProviderError]]] = {
    "quota": (elevenlabs.failing(elevenlabs.error("quota_exceeded")), ProviderUnpaid),
    "key": (elevenlabs.failing(elevenlabs.error("invalid_api_key")), ProviderUnauthorized),
    "busy": (elevenlabs.failing(elevenlabs.error("system_busy")), ProviderOverloaded),
    "idle": (elevenlabs.failing(elevenlabs.error("input_timeout_exceeded")), ProviderBrokeOff),
    "garbage": (elevenlabs.failing("<html>"), ProviderGarbled),
    "no base64": (elevenlabs.failing({"audio": "§"}), ProviderGarbled),
    "no sound": (elevenlabs.failing(elevenlabs.FINAL), ProviderGarbled),
    "cut": (_cut, ProviderBrokeOff),
    "half a frame": (_half, ProviderBrokeOff),
    "hang": (_hang, StreamStalled),
    "refused": (elevenlabs.refusal(401, "quota_exceeded"), ProviderUnpaid),
    "limited": (elevenlabs.refusal(429, "too_many_concurrent_requests"), ProviderOverloaded),
    "down": (elevenlabs.refusal(500), ProviderUnavailable),
    "no answer": (Gate(), ConnectTimedOut),
}


@pytest.mark.parametrize("break_", READING_BREAKS)
async def test_a_voice_that_reads_on_breaks(break_: str) -> None:
    step, kind = READING_BREAKS[break_]
    async with elevenlabs_voice(patience=IMPATIENT, last_words_s=0.1) as voice:
        assert voice.sockets is not None
        voice.sockets.script(step)
        error = await error_of(_read_on(voice))
    assert isinstance(error, kind), error


async def test_a_socket_that_never_spoke_is_told_from_one_that_did() -> None:
    async with elevenlabs_voice(patience=IMPATIENT) as voice:
        assert voice.sockets is not None
        voice.sockets.script(_cut)
        silent = await error_of(_read_on(voice))
    async with deepgram_ears(patience=IMPATIENT) as ears:
        assert ears.sockets is not None
        ears.sockets.script(after_a_word("deepgram", _cut))
        spoke = await error_of(listened(ears))
    assert str(silent) == "elevenlabs closed the connection without a word"
    assert str(spoke) == "deepgram closed the connection in mid-answer"


async def _read_on(voice: Voice) -> None:
    assert voice.reader is not None
    async with voice.reader.read_on(voice.order()) as speaking:
        await read_out(speaking, "Hello.")


async def test_a_pause_of_the_speaker_is_kept_alive() -> None:
    async def play(session: Session) -> None:
        while await session.receive() != {"type": "KeepAlive"}:
            continue
        await session.send(deepgram.results("Still here."))
        await session.hang()

    async with deepgram_ears(keep_alive_s=0.02) as ears:
        assert ears.sockets is not None
        ears.sockets.script(play)
        async with ears.transcriber.listen(ears.order()) as listening:
            await listening.hear(SECOND)
            async with aclosing(listening.events()) as events:
                assert await anext(events) == TranscriptDelta("Still here.")


async def test_a_voice_waits_for_a_text_that_takes_its_time() -> None:
    async def play(session: Session) -> None:
        await session.receive()
        while await session.receive() != {"text": " "}:
            continue
        await session.send(elevenlabs.audio(b"ab"))
        await session.hang()

    async with elevenlabs_voice(keep_alive_s=0.02) as voice:
        assert voice.reader is not None
        assert voice.sockets is not None
        voice.sockets.script(play)
        async with (
            voice.reader.read_on(voice.order()) as speaking,
            aclosing(speaking.audio()) as sound,
        ):
            assert await anext(sound) == b"ab"
