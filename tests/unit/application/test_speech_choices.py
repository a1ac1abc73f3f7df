"""Who hears and who speaks: the contract's precedence of providers, models and voices."""

from typing import Any

import pytest

from adapters.deepgram.catalog import TRANSCRIBERS as DEEPGRAM
from adapters.demo.speech_catalog import SPEAKERS as DEMO
from adapters.demo.speech_catalog import TRANSCRIBERS as DEMO_EARS
from adapters.elevenlabs.catalog import DEFAULT_VOICE
from adapters.elevenlabs.catalog import speakers as elevenlabs
from adapters.google.speech_catalog import transcribers as google
from adapters.memory.speech import ScriptedSpeaker, ScriptedTranscriber
from adapters.openai.speech_catalog import TRANSCRIBERS as OPENAI_EARS
from adapters.openai.speech_catalog import speakers as openai
from application.speech.choose_ears import ChooseEars
from application.speech.choose_voice import ChooseVoice
from domain.errors import InvalidRequest, NotConfigured, UnknownModel
from domain.speech.orders import VoiceWish

SPEAKERS = {name: ScriptedSpeaker() for name in ("openai", "elevenlabs", "demo")}
MONO, FLASH = "eleven_monolingual_v1", "eleven_flash_v2_5"
ALICE = "Xb7hH8MSUJpSbSDYk0k2"


def voice(own: dict[str, str] | None = None) -> ChooseVoice:
    families = (elevenlabs(own_voices=own), DEMO, openai())
    return ChooseVoice(families, SPEAKERS, "openai")


@pytest.mark.parametrize(
    ("wish", "provider", "model", "spoken_by"),
    [
        ({}, "openai", "gpt-4o-mini-tts", "alloy"),
        ({"voice": "nova"}, "openai", "gpt-4o-mini-tts", "nova"),
        ({"voice": "somebody"}, "openai", "gpt-4o-mini-tts", "alloy"),
        ({"model": "TTS-1"}, "openai", "tts-1", "alloy"),
        ({"voice": " Alice "}, "elevenlabs", MONO, ALICE),
        ({"voice": ALICE}, "elevenlabs", MONO, ALICE),
        ({"voice": "alice", "model": "tts-1"}, "elevenlabs", MONO, ALICE),
        ({"voice": "sherlock"}, "elevenlabs", MONO, DEFAULT_VOICE),
        ({"model": "eleven_turbo_v2_5"}, "elevenlabs", "eleven_turbo_v2_5", DEFAULT_VOICE),
        ({"model": "xi-new"}, "elevenlabs", MONO, DEFAULT_VOICE),
        ({"model": FLASH, "voice": "own id"}, "elevenlabs", FLASH, "own id"),
        ({"provider": "OpenAI", "voice": "alice"}, "openai", "gpt-4o-mini-tts", "alloy"),
        ({"provider": "elevenlabs", "model": "tts-1"}, "elevenlabs", MONO, DEFAULT_VOICE),
        ({"provider": "demo", "format": "wav"}, "demo", "demo", "demo"),
        ({"model": "demo"}, "demo", "demo", "demo"),
    ],
)  # fmt: skip
def test_who_speaks(wish: dict[str, Any], provider: str, model: str, spoken_by: str) -> None:
    found = voice()(VoiceWish(**wish))
    assert (found.order.card.provider, found.order.card.model) == (provider, model)
    assert found.order.voice == spoken_by
    assert found.speaker is SPEAKERS[provider]


def test_names_of_voices_are_the_operators_to_give() -> None:
    order = voice({"Sherlock": "abc", "alice": "other"})(VoiceWish(voice="sherlock")).order
    assert (order.voice, order.voice_name) == ("abc", "sherlock")
    assert voice({"Alice": "other"})(VoiceWish(voice="alice")).order.voice == "other"


def test_a_wav_file_is_asked_for_as_its_samples() -> None:
    order = voice()(VoiceWish(format="wav")).order
    assert (order.format.name, order.asked_format.name, order.wire_format) == ("wav", "pcm", "pcm")
    assert order.asked_format.rate_hz == 24_000
    order = voice()(VoiceWish(provider="elevenlabs", format="mp3")).order
    assert order.wire_format == "mp3_44100_128"


@pytest.mark.parametrize(("speed", "given"), [(None, 1.0), (9.0, 4.0), (0.1, 0.25), (1.5, 1.5)])
def test_speed_stays_within_what_the_model_can(speed: float | None, given: float) -> None:
    assert voice()(VoiceWish(speed=speed)).order.speed == given


def test_instructions_go_only_to_models_that_take_them() -> None:
    wish = VoiceWish(instructions="Whisper")
    assert voice()(wish).order.instructions == "Whisper"
    assert voice()(VoiceWish(model="tts-1", instructions="Whisper")).order.instructions is None


def test_what_nobody_has_is_an_error_that_says_what_there_is() -> None:
    with pytest.raises(NotConfigured, match="known: elevenlabs, demo, openai") as unknown:
        voice()(VoiceWish(provider="acme"))
    assert unknown.value.key == "tts.provider"
    with pytest.raises(UnknownModel, match="tts-1"):
        voice()(VoiceWish(model="tts-9"))
    with pytest.raises(InvalidRequest, match="it does in aac"):
        voice()(VoiceWish(format="ulaw_8000"))
    with pytest.raises(InvalidRequest, match="Unknown audio format"):
        voice()(VoiceWish(format="midi"))


EARS = {name: ScriptedTranscriber() for name in ("openai", "gemini", "deepgram", "demo")}


def ears(*usable: str, in_production: bool = False) -> ChooseEars:
    families = (OPENAI_EARS, google(in_production=in_production), DEEPGRAM, DEMO_EARS)
    return ChooseEars(families, EARS, usable, "gemini", "deepgram")


@pytest.mark.parametrize(
    ("model", "act", "provider", "asked"),
    [
        (None, "transcribe", "gemini", "gemini-2.5-flash"),
        ("  ", "transcribe", "gemini", "gemini-2.5-flash"),
        ("gemini", "transcribe", "gemini", "models/gemini-2.0-flash-exp"),
        ("Models/Gemini-2.0-flash-exp", "translate", "gemini", "models/gemini-2.0-flash-exp"),
        ("gemini-pro", "transcribe", "gemini", "gemini-2.5-pro"),
        ("gemini-3-flash-preview", "transcribe", "gemini", "gemini-3-flash-preview"),
        ("imagen-4", "transcribe", "gemini", "gemini-2.5-flash"),
        ("whisper-1", "transcribe", "openai", "whisper-1"),
        ("gpt-4o-mini-transcribe", "transcribe", "openai", "gpt-4o-mini-transcribe"),
        ("gpt-4o-transcribe-Diarize", "transcribe", "openai", "gpt-4o-transcribe-Diarize"),
        ("openai", "transcribe", "openai", "gpt-4o-transcribe"),
        ("gpt-4o-transcribe", "translate", "openai", "whisper-1"),
        ("deepgram-nova-3", "transcribe", "gemini", "gemini-2.5-flash"),
        ("nova-2", "translate", "gemini", "gemini-2.5-flash"),
        ("demo", "transcribe", "demo", "demo"),
    ],
)
def test_who_hears_a_recording(model: str | None, act: Any, provider: str, asked: str) -> None:
    found = ears("gemini", "deepgram").for_file(model, act)
    assert (found.card.provider, found.card.model) == (provider, asked)
    assert found.transcriber is EARS[provider]


def test_deepgram_hears_recordings_itself_where_nobody_else_can() -> None:
    alone = ears("deepgram")
    assert alone.for_file("deepgram-nova-3", "transcribe").card.model == "nova-3"
    assert alone.for_file("nova-2-phonecall", "transcribe").card.model == "nova-2-phonecall"
    assert alone.for_file("nova-3", "translate").card.provider == "gemini"


def test_in_production_the_better_model_hears() -> None:
    found = ears("gemini", in_production=True).for_file(None, "transcribe")
    assert found.card.model == "gemini-2.5-pro"


def test_an_unknown_name_is_an_error_and_never_another_model() -> None:
    with pytest.raises(UnknownModel, match="Unknown model 'claude-3'"):
        ears("gemini").for_file("claude-3", "transcribe")
