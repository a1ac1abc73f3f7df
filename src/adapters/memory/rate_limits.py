"""Allowances within one process."""

import time

from limits import RateLimitItemPerSecond
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

from application.ports.rate_limits import RateLimits

_SHORTEST_WAIT_S = 0.001


class MemoryRateLimits(RateLimits):
    """A moving window for each purpose and key; good for one process."""

    def __init__(self) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    async def spend(self, purpose: str, key: str, allowed: int, window_s: int) -> float:
        item = RateLimitItemPerSecond(allowed, window_s, namespace=purpose)
        if await self._limiter.hit(item, key):
            return 0
        reset_at, _ = await self._limiter.get_window_stats(item, key)
        # The library's window closes by the same wall clock that it opened with.
        return max(reset_at - time.time(), _SHORTEST_WAIT_S)

    async def forget(self, purpose: str, key: str, allowed: int, window_s: int) -> None:
        await self._limiter.clear(RateLimitItemPerSecond(allowed, window_s, namespace=purpose), key)
