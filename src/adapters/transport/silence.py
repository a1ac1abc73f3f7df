"""Notices when a connection has been silent for too long."""

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Self


class Silence:
    """One timer for a whole answer, which looks at the clock when it goes off.

    Setting a timer anew for every token would cost more than reading the token. Only waits count:
    whoever is busy with what came before hears nothing, and that is nobody's silence.
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
        self._since: float | None = self._loop.time()
        self._set(limit_s)

    def begins(self) -> None:
        """Note that from now on somebody waits."""
        self._since = self._loop.time()

    def ends(self) -> None:
        """Note that the wait is over."""
        self._since = None

    def broken(self, limit_s: float) -> None:
        """Note that something was said; silences after the first word have a limit of their own."""
        if not self.was_broken:
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
        self._timer.cancel()

    def _set(self, limit_s: float) -> None:
        self._limit_s = limit_s
        self._timer = self._loop.call_later(limit_s, self._look)

    def _look(self) -> None:
        now = self._loop.time()
        ends_at = (now if self._since is None else self._since) + self._limit_s
        if now < ends_at:
            self._timer = self._loop.call_at(ends_at, self._look)
        else:
            self.noticed = True
            self._too_long()
