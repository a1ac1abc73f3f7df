"""What ElevenLabs is asked: a text over HTTP, or frames of its socket that takes text in."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

import msgspec

from adapters.transport.rest import Call
from domain.speech.audio import Encoding
from domain.speech.orders import SpeechOrder, Tuning

INACTIVITY_S = 180
"""The longest pause between two pieces that ElevenLabs allows."""
END = '{"text":""}'
KEEP_ALIVE = '{"text":" "}'
"""Nothing to say, but more may come (ElevenLabs, "WebSockets", 2026-11)."""

_LIVE_TUNING: Mapping[str, float | bool] = {
    "stability": 0.85,
    "similarity_boost": 0.95,
    "style": 0.0,
    "use_speaker_boost": False,
}
_SCHEDULE = (120, 160, 250, 290)


def spoken(text: str, order: SpeechOrder) -> Call:
    """Return the request for a whole text."""
    body: dict[str, Any] = {"text": text, "model_id": order.card.model}
    if tuning := _tuning(order.tuning):
        body["voice_settings"] = tuning
    query = urlencode({"output_format": order.wire_format})
    place = f"/v1/text-to-speech/{quote(order.voice, safe='')}"
    is_mp3 = order.asked_format.encoding is Encoding.MP3
    return Call(
        path=f"{place}{'/stream' if order.streamed else ''}?{query}",
        json=body,
        headers={"accept": "audio/mpeg" if is_mp3 else "application/octet-stream"},
    )


def subscription() -> Call:
    """Return the request for what the account has used."""
    return Call(path="/v1/user/subscription", method="GET")


def socket_path(order: SpeechOrder) -> str:
    """Return the path of the socket, settings included."""
    settings = {
        "model_id": order.card.model,
        "inactivity_timeout": str(INACTIVITY_S),
        "output_format": order.wire_format,
    }
    voice = quote(order.voice, safe="")
    return f"/v1/text-to-speech/{voice}/stream-input?{urlencode(settings)}"


def first_frame(order: SpeechOrder) -> str:
    """Return the frame that comes before all text."""
    frame: dict[str, Any] = {
        "text": " ",
        "voice_settings": {**_LIVE_TUNING, **_tuning(order.tuning)},
        "generation_config": {"chunk_length_schedule": list(order.schedule or _SCHEDULE)},
    }
    return msgspec.json.encode(frame).decode()


def piece_frame(piece: str, order: SpeechOrder) -> str:
    """Return the frame of a piece that can be spoken on its own.

    It is to be spoken at once, unless whoever asked made a schedule of their own.
    """
    frame: dict[str, Any] = {"text": f"{piece.rstrip()} "}
    if order.schedule is None:
        frame["flush"] = True
    return msgspec.json.encode(frame).decode()


def _tuning(tuning: Tuning) -> Mapping[str, float | bool]:
    wanted = msgspec.structs.asdict(tuning)
    return {name: value for name, value in wanted.items() if value is not None}
