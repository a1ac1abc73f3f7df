"""What a client says on a socket, by the names of its parts."""

from application.speech.microphone import Microphone
from domain.errors import InvalidRequest
from entrypoints.web.wire.names import Json, snake_keys

CLARIFICATION, REGENERATE = "clarification_response", "regenerate"
_BY_TYPE = frozenset({CLARIFICATION, REGENERATE})
"""Requests that are told by their `type`, like control messages, whatever else they say."""


class ClientMessage:
    """One decoded frame of a client, with snake_case keys at the top."""

    def __init__(self, found: Json, sound: bytes | None = None) -> None:
        self.found = snake_keys(found)
        self.sound = sound
        """PCM, where the frame was a binary one."""
        self.microphone: Microphone | None = None
        """Where the question comes from that is yet to be spoken."""

    @property
    def control(self) -> str:
        """The `type` in lower case; empty when there is none."""
        kind = self.found.get("type")
        return kind.strip().lower() if isinstance(kind, str) else ""

    @property
    def kind(self) -> str:
        """What it asks for: the `request_type`, else the `type`; `text` when there is neither."""
        if self.control in _BY_TYPE:
            return self.control
        for name in ("request_type", "type"):
            if isinstance(value := self.found.get(name), str) and value.strip():
                return value.strip().lower().replace("-", "_")
        return "text"

    def text(self, *names: str) -> str | None:
        """Return the first of these keys that holds text."""
        for name in names:
            if isinstance(value := self.found.get(name), str) and value:
                return value
        return None

    def number(self, *names: str) -> int | None:
        """Return the first of these keys that holds a whole number (JSON floats count)."""
        for name in names:
            value = self.found.get(name)
            if isinstance(value, int | float) and not isinstance(value, bool):
                return int(value)
        return None

    def whole(self, name: str) -> int:
        """Return the whole number under this key; 0 where there is none.

        Raises:
            InvalidRequest: something else is there.
        """
        value = self.found.get(name)
        if value is None:
            return 0
        number = self.number(name)
        if number is None or number != value:
            raise InvalidRequest(f"{name} must be a whole number", name)
        return number
