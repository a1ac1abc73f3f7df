"""What Gemini is asked to write down."""

import base64
from typing import Any
from urllib.parse import quote

from adapters.transport.rest import Call
from domain.speech.orders import FileOrder, LiveOrder, Recording

_TRANSCRIBE = (
    "Write down exactly what is said in this recording. Return the bare words only: no time "
    "stamps, no names of speakers, no filler sounds, no descriptions of sounds, no comments. "
    "If nobody speaks, return nothing at all."
)
_TRANSLATE = (
    "Write down what is said in this recording, translated into {language}. Return the bare "
    "translation only: no time stamps, no descriptions of sounds, no comments. "
    "If nobody speaks, return nothing at all."
)


def recorded(recording: Recording, order: FileOrder) -> Call:
    """Return the request for a recording: the prompt, then the sound."""
    return _asked(order.card.model, order.prompt or _instruction(order), recording, order)


def window(sound: bytes, order: LiveOrder) -> Call:
    """Return the request for some seconds of live speech, as a WAV file."""
    heard = Recording(sound, "audio/wav")
    return _asked(order.card.model, order.prompt or _TRANSCRIBE, heard, None)


def _instruction(order: FileOrder) -> str:
    if order.act == "translate":
        return _TRANSLATE.format(language=order.language or "English")
    if order.language:
        return f"{_TRANSCRIBE} The language is {order.language}."
    return _TRANSCRIBE


def _asked(model: str, prompt: str, recording: Recording, order: FileOrder | None) -> Call:
    inline = {
        "mimeType": recording.media_type or "audio/wav",
        "data": base64.b64encode(recording.content).decode("ascii"),
    }
    body: dict[str, Any] = {
        "contents": [{"role": "user", "parts": [{"text": prompt}, {"inlineData": inline}]}]
    }
    if order is not None and order.temperature is not None:
        body["generationConfig"] = {"temperature": order.temperature}
    name = model if "/" in model else f"models/{model}"
    return Call(path=f"/v1beta/{quote(name, safe='/')}:generateContent", json=body)
