"""The shapes of the Responses wire, as far as they are read."""

from typing import Any

import msgspec
from msgspec import Raw, Struct

from domain.turn.metering import Usage

_NOTHING = Raw(b"")


class WireEvent(Struct, frozen=True):
    """One event, as far as it is read; what is rarely needed stays undecoded."""

    type: str = ""
    delta: Any = None
    text: str | None = None
    item_id: str = ""
    arguments: str | None = None
    input: str | None = None
    item: Raw = _NOTHING
    response: Raw = _NOTHING
    annotation: Raw = _NOTHING
    error: Any = None
    message: str | None = None
    code: str | None = None


class _Details(Struct, frozen=True):
    cached_tokens: int | None = None
    reasoning_tokens: int | None = None


class WireUsage(Struct, frozen=True):
    """Tokens as this wire counts them."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    total_tokens: int | None = None
    input_tokens_details: _Details | None = None
    output_tokens_details: _Details | None = None

    def counted(self) -> Usage:
        """Return the same in our words."""
        sent, said_tokens = self.input_tokens or 0, self.output_tokens or 0
        cached = self.input_tokens_details or _Details()
        thought = self.output_tokens_details or _Details()
        return Usage(
            sent,
            said_tokens,
            self.total_tokens or sent + said_tokens,
            cached.cached_tokens or 0,
            thought.reasoning_tokens or 0,
        )


class Incomplete(Struct, frozen=True):
    """Why an answer was cut short."""

    reason: str | None = None


class WireResponse(Struct, frozen=True):
    """The whole answer: a body, or the content of the events that end a stream."""

    status: str | None = None
    error: Any = None
    incomplete_details: Incomplete | None = None
    usage: WireUsage | None = None
    output: list[dict[str, Any]] | None = None


decode_event = msgspec.json.Decoder(WireEvent).decode
decode_item = msgspec.json.Decoder(dict[str, Any]).decode
decode_response = msgspec.json.Decoder(WireResponse).decode
