"""What is heard and said aloud, as the contract's events."""

import base64
from typing import assert_never

import msgspec
from msgspec import Struct

from domain.ids import TurnId
from domain.turn.voice_events import (
    AudioChunk,
    MessageVoiced,
    RecordingAsked,
    SegmentHeard,
    SoundDropped,
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
from entrypoints.web.wire.custom_events import Body, custom

_encode = msgspec.json.Encoder().encode


class SoundChunk(Struct, frozen=True, tag_field="type", tag="audio_chunk"):
    """The frame of a part of the sound, which is long: as a struct it is encoded in one pass."""

    content: bytes
    """On the wire it is Base64."""
    turn_id: str
    seq: int


def sound_frame(turn: TurnId, seq: int, event: AudioChunk) -> bytes:
    """Return the frame of a part of the sound, as JSON."""
    return _encode(SoundChunk(event.data, turn, seq))


def voice_frames(event: VoiceEvent) -> list[Body]:  # noqa: C901 - one match, flat
    """Return the bodies of an event's frames."""
    match event:
        case VoiceBegan() | VoiceEnded() | VoiceFailed() | VoiceStored():
            return _spoken(event)
        case AudioChunk() | SoundDropped():
            return [_sound(event)]
        case TextNotRequested():
            return [{"type": "text_not_requested", "content": ""}]
        case MessageVoiced():
            # The contract wants text here: JSON inside JSON.
            text = f'{{"message_id": {event.message}}}'
            return [{"type": "db_operation_executed", "content": text}]
        case RecordingAsked():
            return [{"type": "transcription", "content": event.text}]
        case WordsHeard():
            partial = {} if event.so_far is None else {"partial": event.so_far}
            return [{"type": "transcription", "content": event.text, **partial}]
        case SpeechNoticed():
            status = "speech_started" if event.begins else "speech_stopped"
            return [custom("vad", status=status)]
        case SegmentHeard():
            segment = {"content": event.text, "segment_number": event.number}
            return [custom("transcription_segment", **segment)]
        case TranscriptHeard():
            heard: Body = {"content": event.text, "recording_id": event.recording}
            if event.segments is not None:
                heard["total_segments"] = event.segments
            return [{"type": "transcription_complete", **heard}]
        case _:
            assert_never(event)


def _sound(event: AudioChunk | SoundDropped) -> Body:
    if isinstance(event, SoundDropped):
        return custom("soundDropped", code="no_buffer", chunks=event.chunks)
    return {"type": "audio_chunk", "content": base64.b64encode(event.data).decode("ascii")}


def _spoken(event: VoiceBegan | VoiceEnded | VoiceFailed | VoiceStored) -> list[Body]:
    match event:
        case VoiceBegan():
            content = _who(event) | {"text_chunk_count": event.pieces}
            return [{"type": "tts_started", "content": content}]
        case VoiceEnded():
            counts = {"audio_chunk_count": event.chunks, "text_chunk_count": event.pieces}
            return [
                {"type": "tts_generation_completed", "content": _who(event) | counts},
                {"type": "tts_completed", "content": ""},
            ]
        case VoiceFailed():
            content = {"message": event.message, "provider": event.provider}
            told = f"TTS generation failed: {event.message}"
            error: Body = {"type": "error", "content": told, "stage": "tts", "code": event.code}
            return [
                *([error | {"provider": event.provider}] if event.was_all else []),
                {"type": "tts_error", "content": content},
                {"type": "tts_completed", "content": ""},
            ]
        case VoiceStored():
            return [{"type": "tts_file_uploaded", "content": {"audio_url": event.url}}]
        case _:
            assert_never(event)


def _who(event: VoiceBegan | VoiceEnded) -> Body:
    return {
        "provider": event.provider,
        "model": event.model,
        "voice": event.voice,
        "format": event.format,
    }
