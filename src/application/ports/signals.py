"""Words between processes."""

from collections.abc import AsyncGenerator
from typing import Protocol

from domain.ids import TurnId


class Signals(Protocol):
    """Carries a cancel to whichever process runs the turn."""

    async def cancel(self, turn: TurnId) -> None:
        """Ask for the turn to be stopped. Reaches every listener that listens at this moment."""
        ...

    def cancellations(self) -> AsyncGenerator[TurnId, None]:
        """Yield the turns whose cancel is asked for, from the first `anext` on, without end."""
        ...
