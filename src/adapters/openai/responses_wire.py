"""The shapes of the Responses wire, as far as they are read."""

from collections.abc import Mapping
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


class WireAnnotation(Struct, frozen=True):
    """A mark on a text, as far as it may cite a page."""

    type: str | None = None
    url: str | None = None
    title: str | None = None


class WirePiece(Struct, frozen=True):
    """A piece of a message or of a train of thought."""

    type: str | None = None
    text: str | None = None
    refusal: str | None = None
    annotations: list[WireAnnotation] | None = None


class WireSaid(Struct, frozen=True):
    """A message or a train of thought."""

    summary: list[WirePiece] | None = None
    content: list[WirePiece] | None = None


decode_event = msgspec.json.Decoder(WireEvent).decode
decode_item = msgspec.json.Decoder(dict[str, Any]).decode
decode_response = msgspec.json.Decoder(WireResponse).decode
decode_annotation = msgspec.json.Decoder(WireAnnotation).decode


def read_said(item: Mapping[str, Any]) -> WireSaid:
    """Return what an item that is a message or a train of thought says.

    Raises:
        DecodeError: it has another shape.
    """
    return msgspec.convert(item, WireSaid)


def read_action(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a search was for, likewise."""
    return msgspec.convert(item.get("action"), dict[str, Any] | None) or {}
