"""Time and chance."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """What time it is, waiting, and fresh ids; a test moves it by hand."""

    def now(self) -> datetime:
        """Return the time as aware UTC."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait. Cancelling ends the wait."""
        ...

    def new_id(self) -> str:
        """Return a fresh UUID in text form."""
        ...
