"""How a turn's work is stopped from outside."""

import asyncio

from domain.errors import ParleyError


class Cancelled(ParleyError):
    """Somebody asked for the turn to stop."""

    code = "cancelled"


class StopSwitch:
    """Lets others stop a turn's work; its owner, who saves and ends, cannot be stopped."""

    def __init__(self) -> None:
        self.why: ParleyError | None = None
        self._work: asyncio.Task[None] | None = None

    def guards(self, work: asyncio.Task[None]) -> None:
        """Name the task to stop; it is stopped at once if somebody has already asked."""
        self._work = work
        if self.why is not None:
            work.cancel()

    def stop(self, why: ParleyError) -> None:
        """Stop the work; the first reason counts, and none once the work is done."""
        if self.why is None and not (self._work is not None and self._work.done()):
            self.why = why
            if self._work is not None:
                self._work.cancel()
