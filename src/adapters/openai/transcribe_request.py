"""What OpenAI is asked to write down: a recording, or a live session."""

import base64
from typing import Any

import msgspec

from adapters.transport.rest import Call
from domain.speech.orders import FileOrder, LiveOrder, Recording

WIRE_HZ = 24_000
"""The only rate of PCM that a session takes."""
SESSION_PATH = "/realtime?intent=transcription"
COMMIT = '{"type":"input_audio_buffer.commit"}'


def recorded(recording: Recording, order: FileOrder) -> Call:
    """Return the request for a recording; what is not given is not sent."""
    translating = order.act == "translate"
    fields = {
        "model": order.card.model,
        "prompt": order.prompt,
        "temperature": None if order.temperature is None else f"{order.temperature:g}",
        "language": None if translating else order.language,
        "response_format": order.response_format,
    }
    return Call(
        path="/audio/translations" if translating else "/audio/transcriptions",
        form={name: value for name, value in fields.items() if value},
        files={
            "file": (
                recording.name,
                recording.content,
                recording.media_type or "application/octet-stream",
            )
        },
    )


def session_update(order: LiveOrder) -> bytes:
    """Return the first frame. A session of this type writes down and never answers."""
    wanted = {
        "model": order.card.model,
        "language": order.language or None,
        "prompt": order.prompt,
    }
    detection: dict[str, Any] | None = None
    if order.detects_turns:
        detection = {
            "type": "server_vad",
            "threshold": order.turn_threshold,
            "prefix_padding_ms": order.turn_padding_ms,
            "silence_duration_ms": order.turn_silence_ms,
        }
    sound = {
        "format": {"type": "audio/pcm", "rate": WIRE_HZ},
        "transcription": {name: value for name, value in wanted.items() if value},
        "turn_detection": detection,
    }
    session = {"type": "transcription", "audio": {"input": sound}}
    return msgspec.json.encode({"type": "session.update", "session": session})


def append(pcm: bytes) -> str:
    """Return the frame that carries PCM."""
    return (
        '{"type":"input_audio_buffer.append","audio":"'
        + base64.b64encode(pcm).decode("ascii")
        + '"}'
    )
