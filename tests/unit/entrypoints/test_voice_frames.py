"""The JSON of each frame of speech, to the letter; recordings and how their ends are told."""

import json
from typing import Any

import pytest

from domain.errors import InvalidRequest
from domain.ids import TurnId
from domain.turn.voice_events import (
    AudioChunk,
    MessageVoiced,
    RecordingAsked,
    SegmentHeard,
    SpeechNoticed,
    TextNotRequested,
    TranscriptHeard,
    VoiceBegan,
    VoiceEnded,
    VoiceEvent,
    VoiceFailed,
    VoiceStored,
    WordsHeard,
)
from entrypoints.web.wire.dictation import dictation_wish, recording_end, sound_in, wants_direct
from entrypoints.web.wire.voice_frames import sound_frame, voice_frames

WHO = '{"provider":"openai","model":"tts-1","voice":"nova","format":"mp3"'
COMPLETED = '{"type":"tts_completed","content":""}'


@pytest.mark.parametrize(
    ("event", "frames"),
    [
        (
            VoiceBegan("openai", "tts-1", "nova", "mp3", 2),
            [f'{{"type":"tts_started","content":{WHO},"text_chunk_count":2}}}}'],
        ),
        (AudioChunk(b"\x00\xff\x10"), ['{"type":"audio_chunk","content":"AP8Q"}']),
        (
            VoiceEnded("openai", "tts-1", "nova", "mp3", 3, 40),
            [
                f'{{"type":"tts_generation_completed","content":{WHO},'
                '"audio_chunk_count":40,"text_chunk_count":3}}',
                COMPLETED,
            ],
        ),
        (
            VoiceFailed("No such voice", "openai"),
            [
                '{"type":"tts_error","content":{"message":"No such voice","provider":"openai"}}',
                COMPLETED,
            ],
        ),
        (
            VoiceFailed("gone", "openai", "provider_broke_off", was_all=True),
            [
                '{"type":"error","content":"TTS generation failed: gone","stage":"tts",'
                '"code":"provider_broke_off","provider":"openai"}',
                '{"type":"tts_error","content":{"message":"gone","provider":"openai"}}',
                COMPLETED,
            ],
        ),
        (
            VoiceStored("https://here/a.mp3?signed", "parley:a.mp3", "tts-1"),
            [
                '{"type":"tts_file_uploaded","content":{"audio_url":"https://here/a.mp3?signed"}}',
            ],
        ),
        (TextNotRequested(), ['{"type":"text_not_requested","content":""}']),
        (
            MessageVoiced(42),
            ['{"type":"db_operation_executed","content":"{\\"message_id\\": 42}"}'],
        ),
        (RecordingAsked("A recording"), ['{"type":"transcription","content":"A recording"}']),
        (WordsHeard("So "), ['{"type":"transcription","content":"So "}']),
        (
            WordsHeard("be it", "So be it"),
            ['{"type":"transcription","content":"be it","partial":"So be it"}'],
        ),
        (
            TranscriptHeard("So be it.", None),
            ['{"type":"transcription_complete","content":"So be it.","recording_id":null}'],
        ),
        (
            TranscriptHeard("So be it.", "r-1", 2),
            [
                '{"type":"transcription_complete","content":"So be it.","recording_id":"r-1",'
                '"total_segments":2}'
            ],
        ),
    ],
)
def test_the_frames_of_an_event(event: VoiceEvent, frames: list[str]) -> None:
    assert [json.dumps(f, separators=(",", ":")) for f in voice_frames(event)] == frames


def test_sound_is_told_with_its_place() -> None:
    encoded = sound_frame(TurnId("t-1"), 7, AudioChunk(b"\x00\xff\x10"))
    assert encoded == b'{"type":"audio_chunk","content":"AP8Q","turn_id":"t-1","seq":7}'


@pytest.mark.parametrize(
    ("event", "kind", "content"),
    [
        (SpeechNoticed(begins=True), "vad", {"status": "speech_started"}),
        (SpeechNoticed(begins=False), "vad", {"status": "speech_stopped"}),
        (
            SegmentHeard("So be it.", 1),
            "transcription_segment",
            {"content": "So be it.", "segment_number": 1},
        ),
    ],
)
def test_what_is_noticed_comes_as_a_custom_event(
    event: VoiceEvent, kind: str, content: dict[str, Any]
) -> None:
    (frame,) = voice_frames(event)
    assert frame["type"] == "custom_event"
    assert frame["event_type"] == kind
    shown = frame["content"] if isinstance(frame.get("content"), dict) else frame
    assert content.items() <= shown.items()


def test_who_says_nothing_of_hearing_is_heard_as_the_contract_has_it() -> None:
    wish = dictation_wish({}, {})
    assert (wish.model, wish.provider, wish.language) == (None, None, "en")
    assert (wish.recording_hz, wish.wire_hz, wish.window_s) == (24_000, 16_000, 3.0)
    assert (wish.punctuate, wish.numerals, wish.profanity_filter) == (True, True, False)
    assert (wish.detects_turns, wish.is_told, wish.is_answered) == (True, True, True)


@pytest.mark.parametrize("said", ["gemini", "Gemini_Streaming "])
def test_gemini_has_two_names(said: str) -> None:
    assert dictation_wish({"speech": {"provider": said}}, {}).provider == "gemini"


def test_settings_of_hearing_may_be_at_the_top_and_in_camel_case() -> None:
    wish = dictation_wish({"recordingSampleRate": "44100", "vadThreshold": 7}, {})
    assert (wish.recording_hz, wish.turn_threshold) == (44_100, 1.0)


def test_an_answer_may_be_declined() -> None:
    settings = {"general": {"auto_response": "false"}, "speech": {"mode": "realtime"}}
    wish = dictation_wish(settings, {"recording_id": "r-1"})
    assert (wish.is_answered, wish.is_told, wish.recording) == (False, False, "r-1")


@pytest.mark.parametrize("rate", [0, -1, 7999, 96_001, 1e12])
def test_a_rate_that_no_recording_has_is_refused(rate: float) -> None:
    with pytest.raises(InvalidRequest, match="recording_sample_rate"):
        dictation_wish({"speech": {"recording_sample_rate": rate}}, {})


@pytest.mark.parametrize("rate", ["fast", None, True, float("nan"), [], {}])
def test_a_rate_that_is_no_number_counts_as_left_out(rate: object) -> None:
    assert dictation_wish({"speech": {"recording_sample_rate": rate}}, {}).recording_hz == 24_000


@pytest.mark.parametrize("data", [None, 3, "not base64!", "AAA", ""])
def test_what_cannot_be_decoded_is_no_sound(data: object) -> None:
    assert sound_in({"data": data}) == b""


def test_sound_comes_as_base64() -> None:
    assert sound_in({"data": "AP8Q"}) == b"\x00\xff\x10"


def test_the_end_brings_what_was_added_meanwhile() -> None:
    end = recording_end(
        {
            "recording_id": "r-2",
            "additional_text": " and more ",
            "final_attachments": [{"type": "text", "text": "a note"}],
        }
    )
    assert (end.recording, end.additional_text, len(end.attachments)) == ("r-2", "and more", 1)
    assert recording_end({"final_attachments": "none"}).attachments == ()


@pytest.mark.parametrize(
    ("settings", "direct"),
    [
        ({}, False),
        ({"speech": "loud"}, False),
        ({"speech": {"send_full_audio_to_llm": True}}, True),
        ({"speech": {"sendFullAudioToLlm": "no"}}, False),
    ],
)
def test_a_recording_may_go_to_the_model_itself(settings: dict[str, Any], direct: bool) -> None:
    assert wants_direct(settings) is direct
