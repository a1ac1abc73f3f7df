"""What ElevenLabs says: frames of its socket, and what an account has used."""

from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import Struct

from adapters.elevenlabs.errors import garbled, told
from adapters.transport.not_json import NOT_JSON
from application.ports.speech import Allowance


class _Frame(Struct, frozen=True):
    audio: bytes | None = None
    isFinal: bool | None = None  # noqa: N815 - as the wire spells it
    status: str | None = None
    error: Any = None
    message: str | None = None


class _Subscription(Struct, frozen=True):
    character_count: int
    character_limit: int
    next_character_count_reset_unix: int | None = None


_decode = msgspec.json.Decoder(_Frame).decode
_decode_subscription = msgspec.json.Decoder(_Subscription).decode


class SoundReader:
    """Feed it frames in order; it does no I/O. Alignments are passed over."""

    def __init__(self) -> None:
        self.ended = False
        """The voice has said its last."""

    def feed(self, frame: str | bytes) -> bytes:
        """Return the sound in a frame; nothing where it holds none.

        Raises:
            ProviderError: it is an error, or not the socket's protocol.
        """
        try:
            found = _decode(frame)
        except NOT_JSON as garbage:
            raise garbled() from garbage
        if found.error:
            raise told({"error": found.error, "message": found.message})
        self.ended = found.isFinal is True or found.status == "finished"
        return found.audio or b""


def allowance(body: bytes) -> Allowance:
    """Return what the account has used.

    Raises:
        ProviderGarbled: it is no such answer.
    """
    try:
        found = _decode_subscription(body)
        resets = found.next_character_count_reset_unix
        moment = None if resets is None else datetime.fromtimestamp(resets, UTC)
    except (*NOT_JSON, ValueError, OverflowError, OSError) as garbage:
        raise garbled() from garbage  # The last three: of a moment that is in no calendar.
    return Allowance(found.character_count, found.character_limit, moment)
