"""Notices when a connection has been silent for too long."""

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Self


class Silence:
    """One timer for a whole answer, which looks at the clock when it goes off.

    Setting a timer anew for every token would cost more than reading the token. Only waits count,
    which is why whoever reads sets `since`: who is busy with what came before hears nothing, and
    that is nobody's silence.
    """

    def __init__(self, limit_s: float, too_long: Callable[[], None]) -> None:
        """Begin to wait.

        Args:
            limit_s: how long a silence may be.
            too_long: called once, from the event loop, when one has been longer.
        """
        self.noticed = False
        """It has been too long."""
        self.was_broken = False
        """Something has been said."""
        self._too_long = too_long
        self._loop = asyncio.get_running_loop()
        self.since: float | None = self._loop.time()
        """When the wait began that goes on (the loop's time); None while nobody waits."""
        self._set(limit_s)

    def broken(self, limit_s: float) -> None:
        """Note the first word; silences after it have a limit of their own."""
        self.was_broken = True
        self._timer.cancel()
        self._set(limit_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end()

    def end(self) -> None:
        """Listen no more."""
        self._timer.cancel()

    def _set(self, limit_s: float) -> None:
        self._limit_s = limit_s
        self._timer = self._loop.call_later(limit_s, self._look)

    def _look(self) -> None:
        now = self._loop.time()
        ends_at = (now if self.since is None else self.since) + self._limit_s
        if now < ends_at:
            self._timer = self._loop.call_at(ends_at, self._look)
        else:
            self.noticed = True
            self._too_long()
