"""What is said on the voice socket, where a text is read aloud while it comes."""

import base64
from typing import cast

import msgspec

from domain.errors import InvalidRequest, ParleyError
from domain.speech.orders import VoiceWish
from domain.turn.voice_events import AudioChunk, VoiceBegan, VoiceEnded
from entrypoints.web.wire.custom_events import Body
from entrypoints.web.wire.names import Json, section, snake_keys
from entrypoints.web.wire.voices import TtsVoice

INIT, SEND_TEXT, STOP = "init", "send_text", "stop"
READY: Body = {"type": "websocket_ready", "message": "TTS backend ready"}


class VoiceInit(msgspec.Struct, frozen=True):
    """How a conversation on the voice socket begins."""

    wish: VoiceWish
    session: str | None
    text: str | None


def voice_init(found: Json) -> VoiceInit:
    """Read the first message, whose content may be in a `payload` of its own.

    Raises:
        InvalidRequest: its settings have a wrong shape.
    """
    found = snake_keys(found)
    inner = section(found, "payload") if found.get("payload") is not None else found
    settings = section(section(inner, "user_settings"), "tts")
    try:
        voice = msgspec.convert(settings, TtsVoice)
    except msgspec.ValidationError as error:
        raise InvalidRequest(str(error), "user_settings.tts") from error
    return VoiceInit(voice.wish(), _text(inner, "session_id"), _text(inner, "text"))


def said_text(found: Json) -> str:
    """Return the text of a `send_text`.

    Raises:
        InvalidRequest: there is none.
    """
    text = _text(found, "text")
    if text is None:
        raise InvalidRequest("text must be a text", "text")
    return text


def initialised(event: VoiceBegan, session: str | None, customer: int) -> Body:
    """Say who will speak."""
    return _status("initialised", event) | {"session_id": session, "customer_id": customer}


def heard(event: AudioChunk, sequence: int, who: VoiceBegan) -> Body:
    """Hand over the next part of the sound."""
    sound = base64.b64encode(event.data).decode("ascii")
    numbered: Body = {"type": "audio_chunk", "chunk": sound, "format": who.format}
    speaker = {"provider": who.provider, "model": who.model, "voice": who.voice}
    return numbered | {"sequence": sequence} | speaker


def finished(event: VoiceEnded | VoiceBegan) -> Body:
    """Say that the provider has no more sound."""
    return _status("finished", event) | {"details": None}


def completed(who: VoiceBegan, asked_s: float, first_s: float | None, ended_s: float) -> Body:
    """Say that everything was sent, and when."""
    timings = {
        "tts_request_sent_time": asked_s,
        "tts_first_response_time": first_s,
        "tts_completed_time": ended_s,
        "total_duration": round(ended_s - asked_s, 6),
    }
    return _status("completed", who) | {"timings": timings}


def complaint(error: ParleyError | str, details: list[Body] | None = None) -> Body:
    """Say what is wrong."""
    body: Body = {"type": "error", "message": str(error)}
    if isinstance(error, ParleyError):
        body["code"] = error.code
    return body if details is None else body | {"details": details}


def settings_complaint(error: ParleyError) -> Body:
    """Say what is wrong with the settings."""
    where = error.field if isinstance(error, InvalidRequest) else None
    return complaint(error, [{"loc": where or "user_settings.tts", "msg": str(error)}])


def _status(status: str, who: VoiceBegan | VoiceEnded) -> Body:
    speaker = {"provider": who.provider, "model": who.model, "voice": who.voice}
    return {"type": "status", "status": status, **speaker, "format": who.format}


def _text(found: Json, name: str) -> str | None:
    value = cast("object", found.get(name))
    return value if isinstance(value, str) else None
