"""What providers of speech really said, and what they really were asked, read by our adapters."""

import base64
from typing import Any

import msgspec
import pytest

from adapters.deepgram.catalog import TRANSCRIBERS as DEEPGRAM
from adapters.deepgram.events import LiveReader as DeepgramReader
from adapters.deepgram.events import transcript as deepgram_transcript
from adapters.deepgram.request import live_path, recorded
from adapters.elevenlabs.errors import refused
from adapters.openai.speak import spoken
from adapters.openai.speech_catalog import TRANSCRIBERS as OPENAI
from adapters.openai.speech_catalog import speakers
from adapters.openai.transcribe_events import LiveReader, transcript
from adapters.openai.transcribe_request import recorded as openai_recorded
from adapters.openai.transcribe_request import session_update
from domain.provider_errors import ProviderError, ProviderGarbled, ProviderRejected
from domain.speech.audio import audio_format, read_wav
from domain.speech.events import (
    SegmentFinished,
    SpeechStarted,
    SpeechStopped,
    TranscriptDelta,
    TranscriptFinished,
    TranscriptGuess,
)
from domain.speech.orders import FileOrder, LiveOrder, Recording, SpeechOrder
from tests.simulators import deepgram, openai_sound
from tests.wire.recordings import RECORDINGS, Exchange, case, each, exchanges

RUBY = "Ruby is a programming language designed for developer happiness."
WHISPER = OPENAI.cards[2]
NOVA = DEEPGRAM.cards[0]
encode = msgspec.json.encode


@each([one for one in exchanges("deepgram", "stt") if one.request])
def test_deepgrams_answers(exchange: Exchange) -> None:
    found = deepgram_transcript(exchange.body, "nova-3")
    assert found.text == RUBY
    assert found.seconds == pytest.approx(3.7, abs=0.01)


def test_deepgram_is_asked_as_others_ask_it() -> None:
    (exchange,) = case(
        "deepgram", "stt", "providers-deepgram-audio-transcribes-a-local-file-with-nova-3"
    )
    assert exchange.request is not None
    content = base64.b64decode(exchange.request["base64"])
    facts = read_wav(content)
    assert facts is not None
    assert (facts.rate_hz, facts.channels, facts.data_bytes) == (24_000, 1, len(content) - 44)
    call = recorded(Recording(content, "audio/wav"), FileOrder(NOVA, language="en"))
    assert call.path.partition("?")[0] == exchange.path
    assert call.headers["content-type"] == exchange.request["headers"]["content-type"]
    assert call.path.partition("?")[2] == "model=nova-3&punctuate=true&numerals=true&language=en"


def test_the_address_of_deepgrams_socket() -> None:
    order = LiveOrder(NOVA, 24_000, language="de", profanity_filter=True, numerals=False)
    assert live_path(order) == (
        "/v1/listen?language=de&model=nova-3&encoding=linear16&sample_rate=16000&channels=1"
        "&punctuate=true&numerals=false&profanity_filter=true&interim_results=false"
    )


def test_interim_results_are_no_part_of_the_transcript() -> None:
    reader = DeepgramReader()
    frames: list[Any] = [
        deepgram.SPEECH_STARTED,
        deepgram.results("He", is_final=False),
        deepgram.results(" Hello there. "),
        deepgram.results("Not me", channel=1),
        deepgram.results(""),
        deepgram.UTTERANCE_END,
        deepgram.results("Bye."),
        deepgram.METADATA,
        {"type": "Results", "channel": {"alternatives": []}, "is_final": True},
        {"type": "SomethingNew", "channel": 7},
    ]
    assert [event for frame in frames for event in reader.feed(encode(frame))] == [
        TranscriptGuess("He"),
        TranscriptDelta("Hello there."),
        TranscriptDelta(" Bye."),
    ]
    assert reader.end() == TranscriptFinished("Hello there. Bye.", 2)


@pytest.mark.parametrize("frame", [b"", b"[]", b"{", b'{"type":"Results","channel":7}', b"\xff"])
def test_what_is_no_frame_of_deepgrams(frame: bytes) -> None:
    with pytest.raises(ProviderGarbled):
        list(DeepgramReader().feed(frame))


DIARIZED = "transcription-basic-functionality-openai-gpt-4o-transcribe-diarize-can-transcribe"
TEXTS = {
    "openai-audio-transcriptions-post-71305a25": "Hello friend.",
    "openai-transcription": "Galileo was an American robotic space program",
    "test-voice-pipeline": "あたし",
    f"{DIARIZED}-with-lan": RUBY,
    "transcription-basic-functionality-openai-whisper-1-can-transcribe-audio": RUBY,
}


@pytest.mark.parametrize("name", TEXTS)
def test_openais_answers(name: str) -> None:
    found = transcript(case("openai", "stt", name)[0].body, FileOrder(WHISPER))
    assert found.text.startswith(TEXTS[name])
    if found.usage is None:
        assert found.seconds is None or found.seconds in (37, 4)
    else:
        assert found.usage.input_tokens > 0
        assert found.usage.output_tokens > 0


def test_openai_is_asked_as_others_ask_it() -> None:
    (exchange,) = case("openai", "stt", "openai-audio-transcriptions-post-71305a25")
    order = FileOrder(
        OPENAI.cards[1],
        language="en",
        prompt="What does this say?",
        temperature=0.5,
        response_format="json",
    )
    call = openai_recorded(Recording(b"x", "application/octet-stream", "transcription.m4a"), order)
    assert exchange.request is not None
    assert "/v1" + call.path == exchange.path
    sent = {part["name"]: part for part in exchange.request["multipart"]}
    file = sent.pop("file")
    assert call.form == {name: part["text"] for name, part in sent.items()}
    assert call.files is not None
    assert call.files["file"][::2] == (file["filename"], file["content_type"])


def test_translations_have_a_path_of_their_own_and_no_language() -> None:
    (exchange,) = case("openai", "stt-translate", "openai-audio-translations-post-dd92a18a")
    call = openai_recorded(
        Recording(b"x", "", "a.m4a"), FileOrder(WHISPER, act="translate", language="de")
    )
    assert "/v1" + call.path == exchange.path
    assert call.form == {"model": "whisper-1"}
    assert transcript(exchange.body, FileOrder(WHISPER)).text == "Guten Tag!"


def test_openais_speech_is_asked_for_as_others_ask_it() -> None:
    (exchange,) = case(
        "openai", "tts", "speech-basic-functionality-openai-gpt-4o-mini-tts-can-speak"
    )
    card, mp3 = speakers().cards[0], audio_format("mp3")
    call = spoken(RUBY, SpeechOrder(card, "alloy", "alloy", mp3, mp3))
    assert "/v1" + call.path == exchange.path
    assert call.json == exchange.sent | {"response_format": "mp3", "speed": 1.0}
    assert exchange.response["headers"]["content-type"] == mp3.media_type


def realtime_frames(name: str) -> list[dict[str, Any]]:
    if not RECORDINGS.is_dir():
        pytest.skip("the recorded provider traffic is not there; set PARLEY_RECORDINGS")
    found = msgspec.json.decode((RECORDINGS / "openai" / f"realtime--{name}.json").read_bytes())
    return [f["json"] for f in found["frames"] if f.get("direction") == "received"]


def test_a_recorded_session_is_written_down() -> None:
    reader = LiveReader()
    frames = realtime_frames("test-openai-ws-test-audio-in-server-vad-turn")
    events = [event for frame in frames for event in reader.feed(encode(frame))]
    said = [event for event in events if not isinstance(event, TranscriptDelta)]
    assert said == [
        SpeechStarted(),
        SpeechStopped(),
        SegmentFinished("Hello, my name is Robin.", 1),
    ]
    deltas = "".join(event.text for event in events if isinstance(event, TranscriptDelta))
    assert deltas == reader.end().text == "Hello, my name is Robin."
    reader.finishing()
    assert not reader.ended
    list(reader.feed(encode(openai_sound.error("input_audio_buffer_commit_empty"))))
    assert reader.ended


def test_stretches_of_speech_come_in_the_order_in_which_they_were_spoken() -> None:
    reader = LiveReader()
    frames = [
        openai_sound.committed("a"),
        openai_sound.committed("b"),
        openai_sound.delta("b", "Two"),
        openai_sound.delta("a", "One"),
        openai_sound.completed("b", "Two."),
        openai_sound.committed("c"),
        openai_sound.completed("a", "One."),
        openai_sound.completed("c", "Three."),
    ]
    events = [event for frame in frames for event in reader.feed(encode(frame))]
    finished = [event for event in events if isinstance(event, SegmentFinished)]
    assert [(one.text, one.number) for one in finished] == [("One.", 1), ("Two.", 2), ("Three.", 3)]
    deltas = [event.text for event in events if isinstance(event, TranscriptDelta)]
    assert deltas == ["One", " Two", " Three."]
    assert reader.end() == TranscriptFinished("One. Two. Three.", 3)


def test_a_session_only_writes_down() -> None:
    order = LiveOrder(OPENAI.cards[0], 16_000, language="en", detects_turns=False)
    assert msgspec.json.decode(session_update(order)) == {
        "type": "session.update",
        "session": {
            "type": "transcription",
            "audio": {
                "input": {
                    "format": {"type": "audio/pcm", "rate": 24000},
                    "transcription": {"model": "gpt-4o-transcribe", "language": "en"},
                    "turn_detection": None,
                }
            },
        },
    }


@pytest.mark.parametrize("frame", [b"", b"[]", b'{"type":7}', b'{"type":"error","error":"no"}'])
def test_what_is_no_event_of_a_session(frame: bytes) -> None:
    with pytest.raises(ProviderError):
        list(LiveReader().feed(frame))


def test_a_spent_quota_of_elevenlabs_comes_as_a_401_and_is_none() -> None:
    body = encode({"detail": {"status": "quota_exceeded", "message": "0 credits"}})
    error = refused(401, body, {})
    assert isinstance(error, ProviderRejected)
    assert "0 credits" in str(error)
    assert not isinstance(refused(401, encode({"detail": []}), {}), ProviderRejected)
