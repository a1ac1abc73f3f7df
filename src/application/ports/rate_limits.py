"""Allowances per purpose and key."""

from typing import Protocol


class RateLimits(Protocol):
    """Counts attempts in a moving window of time."""

    async def spend(self, purpose: str, key: str, allowed: int, window_s: int) -> float:
        """Count one attempt.

        Returns:
            0 while no more than `allowed` attempts fall into the last `window_s` seconds, else
            the seconds until the next attempt is allowed (more than 0; this one is not counted).
        """
        ...

    async def give_back(self, purpose: str, key: str, allowed: int, window_s: int) -> None:
        """Uncount the newest attempt, if any, that was counted with these very arguments."""
        ...

    async def forget(self, purpose: str, key: str, allowed: int, window_s: int) -> None:
        """Forget the attempts that were counted with these very arguments."""
        ...
