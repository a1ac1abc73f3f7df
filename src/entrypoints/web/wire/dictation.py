"""Recordings on the chat socket: settings, sound and the words that end one."""

import base64
import binascii
import math
from typing import Any, cast

from application.speech.microphone import RecordingEnd
from domain.errors import InvalidRequest
from domain.speech.orders import DictationWish
from entrypoints.web.wire.names import Json, section, snake_keys
from entrypoints.web.wire.prompts import prompt_parts

STOP_WORDS = frozenset({"recordingfinished", "stop", "complete", "audio_end", "audio_complete"})
"""What a client says, in any case, when its recording is over."""
_FALSE_WORDS = frozenset({"", "0", "false", "no", "off"})
_LOWEST_HZ, _HIGHEST_HZ = 8000, 96_000
_GEMINI = ("gemini", "gemini_streaming")


def dictation_wish(settings: Json, said: Json) -> DictationWish:
    """Return how the user wants to be heard; numbers that are none count as left out.

    Args:
        settings: `user_settings`; those of speech are in its section, else at its top.
        said: `user_input`.
    """
    found = _speech(settings)
    general = section(settings, "general")
    reports = _flag(section(settings, "text"), "bug_report", default=False)
    provider = str(found.get("provider") or "").strip().lower()
    mode = found.get("mode")
    return DictationWish(
        model=_text(found, "model"),
        provider="gemini" if provider in _GEMINI else provider or None,
        language=_text(found, "language") or "en",
        prompt=_text(found, "optional_prompt"),
        recording_hz=_hertz(found, "recording_sample_rate", 24_000),
        wire_hz=_hertz(found, "sample_rate", 16_000),
        punctuate=_flag(found, "punctuate", default=True),
        numerals=_flag(found, "numerals", default=True),
        profanity_filter=_flag(found, "profanity_filter", default=False),
        guesses=_flag(found, "interim_results", default=False),
        window_s=_number(found, "buffer_duration_seconds", 3.0, 0.5, 60.0),
        detects_turns=_flag(found, "enable_vad", default=True),
        turn_threshold=_number(found, "vad_threshold", 0.5, 0.0, 1.0),
        turn_padding_ms=int(_number(found, "vad_prefix_padding_ms", 300, 0, 10_000)),
        turn_silence_ms=int(_number(found, "vad_silence_duration_ms", 500, 0, 10_000)),
        is_told=mode is None or mode == "non-realtime",
        is_answered=not reports and _flag(general, "auto_response", default=True),
        is_bug_report=reports,
        recording=_text(said, "recording_id"),
    )


def wants_direct(settings: Json) -> bool:
    """Return whether the recording is to go to the model as it is."""
    return _flag(_speech(settings), "send_full_audio_to_llm", default=False)


def sound_in(message: Json) -> bytes:
    """Return the PCM of an `audio_chunk` message; of what cannot be decoded there is none."""
    data = message.get("data")
    if not isinstance(data, str):
        return b""
    try:
        return base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        return b""


def recording_end(message: Json) -> RecordingEnd:
    """Return what comes along with the end of a recording.

    Raises:
        InvalidRequest: an attachment has a wrong shape.
    """
    attachments: object = message.get("final_attachments")
    listed = cast("list[object]", attachments) if isinstance(attachments, list) else []
    return RecordingEnd(
        recording=_text(message, "recording_id"),
        attachments=prompt_parts(listed),
        additional_text=_text(message, "additional_text"),
    )


def _speech(settings: Json) -> Json:
    speech = settings.get("speech")
    return snake_keys(cast("Json", speech)) if isinstance(speech, dict) else snake_keys(settings)


def _text(found: Json, name: str) -> str | None:
    value = found.get(name)
    return (value.strip() or None) if isinstance(value, str) else None


def _hertz(found: Json, name: str, default: int) -> int:
    rate = int(_number(found, name, default, 0, math.inf))
    if not _LOWEST_HZ <= rate <= _HIGHEST_HZ:
        text = f"{name} must be from {_LOWEST_HZ} to {_HIGHEST_HZ} Hz"
        raise InvalidRequest(text, f"user_settings.speech.{name}")
    return rate


def _number(found: Json, name: str, default: float, least: float, most: float) -> float:
    value: Any = found.get(name)
    if value is None or isinstance(value, bool):
        return default
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return default
    return min(max(number, least), most) if math.isfinite(number) else default


def _flag(found: Json, name: str, *, default: bool) -> bool:
    value = found.get(name)
    if value is None:
        return default
    if isinstance(value, str):
        return value.strip().lower() not in _FALSE_WORDS
    return bool(value)
