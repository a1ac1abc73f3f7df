"""Hashing of passwords."""

from typing import Protocol


class Passwords(Protocol):
    """Slow on purpose; the work happens off the event loop."""

    async def hash(self, password: str) -> str:
        """Return a salted hash (at most 100 characters)."""
        ...

    async def verify(self, password: str, stored: str | None, adopted: str | None = None) -> bool:
        """Return whether the password fits the hash.

        Every refusal takes the same work, so that time does not tell who exists: with no hash to
        compare (unknown user) the answer is False after a check of each kind of hash in use.

        Args:
            password: as it was typed.
            stored: the hash of whoever it is.
            adopted: any hash of the older kind, where some accounts still have one.
        """
        ...

    def outdated(self, stored: str) -> bool:
        """Return whether the hash should be renewed at the next login."""
        ...
