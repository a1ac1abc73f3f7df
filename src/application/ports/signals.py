"""Words between processes."""

from collections.abc import AsyncGenerator
from typing import Protocol

from msgspec import Struct

from domain.ids import TurnId


class Cancellation(Struct, frozen=True):
    """A turn that is to stop."""

    turn: TurnId
    deleted: bool = False
    """Because what it answers was deleted; otherwise somebody asked for it."""


class Signals(Protocol):
    """Carries a cancel to whichever process runs the turn."""

    async def cancel(self, turn: TurnId, *, deleted: bool = False) -> None:
        """Ask for the turn to be stopped. Reaches every listener that listens at this moment."""
        ...

    def cancellations(self) -> AsyncGenerator[Cancellation, None]:
        """Yield what is asked for, in order, from the first `anext` on, without end."""
        ...
