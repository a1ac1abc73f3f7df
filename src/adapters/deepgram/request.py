"""What Deepgram is asked: the addresses of its live socket and its pre-recorded interface."""

from urllib.parse import urlencode

from adapters.transport.rest import Call
from domain.speech.orders import FileOrder, LiveOrder, Recording

KEEP_ALIVE = '{"type":"KeepAlive"}'
CLOSE = '{"type":"CloseStream"}'


def live_path(order: LiveOrder) -> str:
    """Return the path of the socket, settings included."""
    settings = {
        "language": order.language,
        "model": order.card.model,
        "encoding": "linear16",
        "sample_rate": str(order.wire_rate_hz),
        "channels": "1",
        "punctuate": _said(order.punctuate),
        "numerals": _said(order.numerals),
        "profanity_filter": _said(order.profanity_filter),
        "interim_results": _said(order.guesses),
    }
    return f"/v1/listen?{urlencode(settings)}"


def recorded(recording: Recording, order: FileOrder) -> Call:
    """Return the request for a recording."""
    settings = {"model": order.card.model, "punctuate": "true", "numerals": "true"}
    if order.language:
        settings["language"] = order.language
    else:
        settings["detect_language"] = "true"
    return Call(
        path=f"/v1/listen?{urlencode(settings)}",
        content=recording.content,
        headers={"content-type": recording.media_type or "application/octet-stream"},
    )


def key_check() -> Call:
    """Return the request that succeeds with any good key (Deepgram, "Authenticating", 2026-11)."""
    return Call(path="/v1/auth/token", method="GET")


def _said(value: bool) -> str:  # noqa: FBT001 - a fact on its way to the wire
    return "true" if value else "false"
