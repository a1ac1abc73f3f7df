"""How much a server may send."""

from collections.abc import Callable

from msgspec import Struct

MOST_MESSAGE_BYTES = 16 * 1024 * 1024
MOST_TOOLS = 100
"""Of one server; the providers of models take 128 of all."""
MOST_PAGES = 20
MOST_PARTS = 50
"""Of one result."""


class Flood(Exception):
    """It has sent more than that."""


class Gauge:
    """Measures what comes in, by windows of time."""

    def __init__(self, now: Callable[[], float], limits: "Flow | None" = None) -> None:
        """Take the clock (in seconds), and the limits."""
        self._now = now
        self._limits = limits or Flow()
        self._since = now()
        self._bytes = 0
        self._messages = 0

    def took(self, size: int, messages: int) -> None:
        """Count what came.

        Raises:
            Flood: it is too much within one window.
        """
        now, limits = self._now(), self._limits
        if now - self._since >= limits.window_s:
            self._since, self._bytes, self._messages = now, 0, 0
        self._bytes += size
        self._messages += messages
        if self._bytes > limits.most_bytes or self._messages > limits.most_messages:
            raise Flood


class Flow(Struct, frozen=True):
    """What may come within a window: every message is read and checked on the server's one loop."""

    window_s: float = 10
    most_bytes: int = 64 * 1024 * 1024
    most_messages: int = 2000
