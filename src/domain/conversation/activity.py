"""What goes on between a user and the characters."""

from datetime import datetime, timedelta

from msgspec import Struct

BUSY_FOR = timedelta(minutes=5)
"""How long after the last message a character counts as active."""

OPEN_TASKS = ("active", "waiting")


class CharacterActivity(Struct, frozen=True, kw_only=True):
    """The user's conversations with one character; times are aware UTC."""

    character: str
    conversations: int
    open_tasks: int
    last_update: datetime

    def busy(self, now: datetime) -> bool:
        """Return whether something was said just now."""
        return now - self.last_update <= BUSY_FOR
