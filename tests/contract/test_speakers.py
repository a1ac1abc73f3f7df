"""The promises of `Speaker` and `ReadingSpeaker`, on every adapter."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, datetime

import pytest

from adapters.elevenlabs.speak import ElevenLabsSpeaker
from adapters.memory.speech import ScriptedSpeaker
from application.ports.speech import Allowance, AllowanceBook
from domain.errors import NotConfigured
from domain.speech.audio import audio_format
from domain.speech.orders import Tuning
from tests.contract.ears import KEY
from tests.contract.voices import (
    SOUND,
    VOICES,
    Voice,
    elevenlabs_voice,
    openai_voice,
    read_out,
    spoken,
)
from tests.simulators.elevenlabs import sound_of, subscription
from tests.simulators.replies import Gate
from tests.simulators.server import Simulator

REAL = {"openai": openai_voice, "elevenlabs": elevenlabs_voice}
READING = ["memory", "demo", "elevenlabs"]


@pytest.fixture
async def voice(request: pytest.FixtureRequest) -> AsyncGenerator[Voice, None]:
    async with VOICES[request.param]() as made:
        yield made


@pytest.mark.parametrize("voice", ["memory", "openai", "elevenlabs"], indirect=True)
async def test_all_of_the_sound_comes_in_order(voice: Voice) -> None:
    voice.will_sound(SOUND)
    chunks = await spoken(voice.speaker, voice.order())
    assert b"".join(chunks) == b"".join(SOUND)
    assert all(chunks)


@pytest.mark.parametrize("voice", VOICES, indirect=True)
async def test_one_text_after_another_can_be_spoken(voice: Voice) -> None:
    for _ in range(3):
        assert b"".join(await spoken(voice.speaker, voice.order()))


@pytest.mark.parametrize("voice", ["openai", "elevenlabs"], indirect=True)
async def test_the_first_sound_does_not_wait_for_the_last(voice: Voice) -> None:
    assert voice.sim is not None
    gate = Gate()
    voice.will_sound([SOUND[0], gate, SOUND[1]])
    sound = voice.speaker.speak("Hello", voice.order())
    assert await anext(sound) == SOUND[0]
    voice.sim.open(gate)
    assert [chunk async for chunk in sound] == [SOUND[1]]


@pytest.mark.parametrize("voice", ["openai", "elevenlabs"], indirect=True)
async def test_a_listener_that_leaves_closes_the_connection(voice: Voice) -> None:
    assert voice.sim is not None
    voice.will_sound([SOUND[0], Gate(), SOUND[1]])
    sound = voice.speaker.speak("Hello", voice.order())
    await anext(sound)
    await sound.aclose()
    await voice.sim.requests[0].client_left()


@pytest.mark.parametrize("name", REAL)
async def test_a_missing_key_names_its_variable(name: str) -> None:
    async with REAL[name](key=None) as voice:
        with pytest.raises(NotConfigured) as caught:
            await spoken(voice.speaker, voice.order())
    assert caught.value.key == f"{name.upper()}_API_KEY"


@pytest.mark.parametrize("voice", READING, indirect=True)
async def test_pieces_are_read_out_in_order(voice: Voice) -> None:
    assert voice.reader is not None
    async with voice.reader.read_on(voice.order()) as speaking:
        said = asyncio.create_task(read_out(speaking, "One.", "Two, two.", "Three."))
        apart = [await spoken(voice.speaker, voice.order(), "One.")] if voice.sim is None else []
        heard = b"".join(await said)
    assert heard
    assert not apart or heard.startswith(b"".join(apart[0]))


@pytest.mark.parametrize("voice", READING, indirect=True)
async def test_nothing_said_is_nothing_heard(voice: Voice) -> None:
    assert voice.reader is not None
    async with voice.reader.read_on(voice.order()) as speaking:
        assert await read_out(speaking) == []


async def test_the_first_piece_is_heard_before_the_second_is_written() -> None:
    async with elevenlabs_voice() as voice:
        assert voice.reader is not None
        async with voice.reader.read_on(voice.order()) as speaking:
            sound = speaking.audio()
            await speaking.say("One.")
            first = await anext(sound) + await anext(sound)
            await speaking.say("Two.")
            await speaking.finish()
            rest = b"".join([chunk async for chunk in sound])
    assert (first, rest) == (sound_of("One."), sound_of("Two."))


async def test_elevenlabs_is_told_what_the_contract_says() -> None:
    async with elevenlabs_voice() as voice:
        assert voice.reader is not None
        assert voice.sockets is not None
        order = voice.order(tuning=Tuning(stability=0.4), schedule=(50, 60, 70, 80))
        async with voice.reader.read_on(order) as speaking:
            await read_out(speaking, "One.", "Two.")
        (session,) = voice.sockets.sessions
    assert session.headers["xi-api-key"] == KEY
    assert KEY not in session.path
    assert session.path == (
        "/v1/text-to-speech/21m00Tcm4TlvDq8ikWAM/stream-input?model_id=eleven_monolingual_v1"
        "&inactivity_timeout=180&output_format=pcm_24000"
    )
    first, *pieces, last = session.frames
    assert first == {
        "text": " ",
        "voice_settings": {
            "stability": 0.4,
            "similarity_boost": 0.95,
            "style": 0.0,
            "use_speaker_boost": False,
        },
        "generation_config": {"chunk_length_schedule": [50, 60, 70, 80]},
    }
    assert pieces == [{"text": "One. "}, {"text": "Two. "}]
    assert last == {"text": ""}


@pytest.mark.parametrize(
    ("wanted", "path", "accept"),
    [
        ("mp3", "stream?output_format=mp3_44100_128", "audio/mpeg"),
        ("pcm_16000", "stream?output_format=pcm_16000", "application/octet-stream"),
    ],
)
async def test_elevenlabs_gets_the_format_in_the_query(wanted: str, path: str, accept: str) -> None:
    async with elevenlabs_voice() as voice:
        assert voice.sim is not None
        form = audio_format(wanted)
        await spoken(voice.speaker, voice.order(format=form, asked_format=form), "Hi")
        (request,) = voice.sim.requests
    assert request.path == f"/v1/text-to-speech/21m00Tcm4TlvDq8ikWAM/{path}"
    assert request.json == {"text": "Hi", "model_id": "eleven_monolingual_v1"}
    assert (request.headers["accept"], request.headers["xi-api-key"]) == (accept, KEY)


async def test_openai_is_told_what_the_contract_says() -> None:
    async with openai_voice() as voice:
        assert voice.sim is not None
        await spoken(voice.speaker, voice.order(speed=1.5, instructions="Whisper"), "Hi")
        (request,) = voice.sim.requests
    assert request.path == "/v1/audio/speech"
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.json == {
        "model": "gpt-4o-mini-tts",
        "voice": "alloy",
        "input": "Hi",
        "response_format": "pcm",
        "speed": 1.5,
        "instructions": "Whisper",
    }


@pytest.mark.parametrize("kind", ["memory", "elevenlabs"])
async def test_an_account_tells_what_it_has_used(kind: str) -> None:
    renews = datetime(2026, 2, 1, tzinfo=UTC)
    expected = Allowance(12345, 100_000, renews)
    with Simulator(subscription()) as sim:
        sim.script(subscription(), subscription(next_character_count_reset_unix=None))
        book: AllowanceBook = ScriptedSpeaker(allowance=expected)
        if kind == "elevenlabs":
            book = real = ElevenLabsSpeaker(KEY, sim.address)
            assert await book.allowance() == expected
            assert (await book.allowance()).renews_at is None
            await real.aclose()
        else:
            assert await book.allowance() == expected
