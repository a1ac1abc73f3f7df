"""Hashing of passwords."""

from typing import Protocol


class Passwords(Protocol):
    """Slow on purpose; the work happens off the event loop."""

    async def hash(self, password: str) -> str:
        """Return a salted hash (at most 100 characters)."""
        ...

    async def verify(self, password: str, stored: str | None) -> bool:
        """Return whether the password fits the hash.

        With no hash to compare (unknown user) the same work is done and the answer is False, so
        that time does not tell who exists.
        """
        ...

    def outdated(self, stored: str) -> bool:
        """Return whether the hash should be renewed at the next login."""
        ...
