"""The shapes of the Messages wire, as far as they are read."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Raw, Struct

from domain.turn.metering import Usage

_NOTHING = Raw(b"")


class _OutputDetails(Struct, frozen=True):
    thinking_tokens: int | None = None


class WireUsage(Struct, frozen=True):
    """Tokens as Anthropic counts them: what the cache held or took in is not in `input_tokens`."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    output_tokens_details: _OutputDetails | None = None

    def followed_by(self, later: "WireUsage") -> "WireUsage":
        """Return the counts as corrected: a later one is of the whole answer, and may be absent."""
        counts = {
            field: new if (new := getattr(later, field)) is not None else getattr(self, field)
            for field in self.__struct_fields__
        }
        return WireUsage(**counts)

    def counted(self) -> Usage:
        """Return the same in our words, in which all that was sent is input."""
        read = self.cache_read_input_tokens or 0
        written = self.cache_creation_input_tokens or 0
        sent, said = (self.input_tokens or 0) + read + written, self.output_tokens or 0
        thought = (self.output_tokens_details or _OutputDetails()).thinking_tokens or 0
        return Usage(sent, said, sent + said, read, thought, written)


class StopDetails(Struct, frozen=True):
    """Why an answer was refused."""

    category: str | None = None
    explanation: str | None = None


class WireDelta(Struct, frozen=True, gc=False):
    """A piece of a block, or how the message ended."""

    type: str = ""
    text: str | None = None
    thinking: str | None = None
    signature: str | None = None
    partial_json: str | None = None
    citation: dict[str, Any] | None = None
    stop_reason: str | None = None
    stop_details: StopDetails | None = None


class WireEvent(Struct, frozen=True, gc=False):
    """One event of a stream; what is rarely needed stays undecoded."""

    type: str = ""
    index: int = 0
    delta: WireDelta | None = None
    content_block: Raw = _NOTHING
    message: Raw = _NOTHING
    usage: WireUsage | None = None
    error: Any = None


class WireMessage(Struct, frozen=True):
    """A whole answer, or what is known of one at its start."""

    type: str = ""
    content: list[dict[str, Any]] = []
    stop_reason: str | None = None
    stop_details: StopDetails | None = None
    usage: WireUsage | None = None
    error: Any = None


class WireBlock(Struct, frozen=True):
    """How a block begins, as far as it says something."""

    text: str | None = None
    thinking: str | None = None
    citations: list[dict[str, Any]] | None = None


decode_block = msgspec.json.Decoder(dict[str, Any]).decode
decode_event = msgspec.json.Decoder(WireEvent).decode
decode_message = msgspec.json.Decoder(WireMessage).decode


def read_block(block: Mapping[str, Any]) -> WireBlock:
    """Return what a block says.

    Raises:
        DecodeError: it has another shape.
    """
    return msgspec.convert(block, WireBlock)
