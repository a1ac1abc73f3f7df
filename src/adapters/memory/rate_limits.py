"""Allowances within one process."""

import time

from limits import RateLimitItemPerSecond
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

from application.ports.rate_limits import RateLimits

_SHORTEST_WAIT_S = 0.001


class _Storage(MemoryStorage):
    """The library's, which can take an attempt back."""

    async def give_back(self, key: str) -> None:
        if key in self.events:
            async with self.locks[key]:
                del self.events.get(key, [])[:1]  # The newest is kept first.


class MemoryRateLimits(RateLimits):
    """A moving window for each purpose and key; good for one process."""

    def __init__(self) -> None:
        self._storage = _Storage()
        self._limiter = MovingWindowRateLimiter(self._storage)

    async def spend(self, purpose: str, key: str, allowed: int, window_s: int) -> float:
        item = _item(purpose, allowed, window_s)
        if await self._limiter.hit(item, key):
            return 0
        reset_at, _ = await self._limiter.get_window_stats(item, key)
        # The library's window closes by the same wall clock that it opened with.
        return max(reset_at - time.time(), _SHORTEST_WAIT_S)

    async def give_back(self, purpose: str, key: str, allowed: int, window_s: int) -> None:
        await self._storage.give_back(_item(purpose, allowed, window_s).key_for(key))

    async def forget(self, purpose: str, key: str, allowed: int, window_s: int) -> None:
        await self._limiter.clear(_item(purpose, allowed, window_s), key)


def _item(purpose: str, allowed: int, window_s: int) -> RateLimitItemPerSecond:
    return RateLimitItemPerSecond(allowed, window_s, namespace=purpose)
