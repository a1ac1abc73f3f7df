"""Asks a provider again when it fails before it has given anything."""

import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

import stamina

from domain.provider_errors import (
    ConnectTimedOut,
    ProviderDown,
    ProviderError,
    ProviderOverloaded,
    ProviderUnavailable,
    ProviderUnreachable,
)

T = TypeVar("T")

ATTEMPTS = 3
FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 20.0
"""A provider that wants more patience than this is treated as failed."""


_NOT_BEGUN = (ProviderOverloaded, ProviderUnavailable, ProviderUnreachable, ConnectTimedOut)
"""Failures after which it is sure that the provider has not begun."""


async def patiently(
    ask: Callable[[], Awaitable[T]], again: Callable[[ProviderError], bool] | None = None
) -> T:
    """Return what `ask` returns; retryable failures are tried again, three times in all.

    Args:
        ask: must leave nothing behind when it fails.
        again: says of a retryable failure whether trying again is right, where it may not be.

    Raises:
        ProviderError: it failed for good.
    """
    failures: list[ProviderError] = []

    def pause_before_next(failure: Exception) -> float | bool:
        if not isinstance(failure, ProviderError):
            return False
        error, pause_s = failures[-1], wait_s(failures[-1], len(failures))
        wanted = error.retryable and (again is None or again(error))
        return pause_s if wanted and pause_s <= LONGEST_WAIT_S else False

    async for attempt in stamina.retry_context(
        on=pause_before_next, attempts=ATTEMPTS, timeout=None
    ):
        with attempt:
            try:
                return await ask()
            except ProviderError as error:
                failures.append(error)
                if isinstance(error, ProviderDown) and len(failures) > 1:
                    # Left alone since the attempt before: what that one met says more.
                    raise failures[-2] from error
                raise
    raise AssertionError("the last attempt returns or raises")


def has_not_begun(error: ProviderError) -> bool:
    """Return whether the same order can be given again without being paid for twice."""
    return isinstance(error, _NOT_BEGUN)


def wait_s(error: ProviderError, attempt: int) -> float:
    """Return how long to wait after an attempt (from 1) that failed."""
    if isinstance(error, ProviderOverloaded) and error.retry_after_s is not None:
        return error.retry_after_s
    # Jitter keeps many requests that failed together from coming back together.
    return FIRST_WAIT_S * 2 ** (attempt - 1) * random.uniform(0.75, 1.25)  # noqa: S311
