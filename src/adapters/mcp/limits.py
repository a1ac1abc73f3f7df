"""How much a server may send."""

from collections.abc import Callable
from typing import NoReturn

from msgspec import Struct

MOST_TOOLS = 100
"""Of one server; the providers of models take 128 of all."""
MOST_PAGES = 20
MOST_PARTS = 50
"""Of one result."""


class Flow(Struct, frozen=True):
    """What is taken. Every message is read and checked on the one loop that all turns share."""

    message_bytes: int = 16 * 1024 * 1024
    window_s: float = 10
    window_bytes: int = 64 * 1024 * 1024
    window_messages: int = 2000


class Flood(Exception):
    """It has sent more than that."""


class Gauge:
    """Measures what comes in, by windows of time."""

    def __init__(self, flow: Flow, now: Callable[[], float]) -> None:
        """Take the limits, and a clock, in seconds."""
        self.flow = flow
        self.flooded = False
        self._now = now
        self._since = now()
        self._bytes = 0
        self._messages = 0

    def took(self, size: int, messages: int) -> None:
        """Count what came.

        Raises:
            Flood: it is too much within one window.
        """
        now = self._now()
        if now - self._since >= self.flow.window_s:
            self._since, self._bytes, self._messages = now, 0, 0
        self._bytes += size
        self._messages += messages
        if self._bytes > self.flow.window_bytes or self._messages > self.flow.window_messages:
            self.floods()

    def floods(self) -> NoReturn:
        """Note that it is too much.

        Raises:
            Flood: always.
        """
        self.flooded = True
        raise Flood
