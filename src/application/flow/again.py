"""Work that is done once more when it came to nothing."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import stamina

T = TypeVar("T")

ATTEMPTS = 5
WITHIN_S = 8.0
"""After that no further attempt begins: somebody waits for the answer."""
FIRST_WAIT_S = 0.01
LONGEST_WAIT_S = 0.5

Undone = type[Exception] | tuple[type[Exception], ...]


async def until_done(work: Callable[[], Awaitable[T]], undone: Undone) -> T:
    """Return what the work returns, which is done again after a failure that undid all of it.

    The waits in between grow, and differ, so that those who stood in each other's way do not meet
    again. What the last attempt raises is raised; so is, at once, what has not undone the work.
    """
    try:
        # By itself: nearly always this is all, and a context for retries costs more than most work.
        return await work()
    except undone:
        pass
    attempts = stamina.retry_context(
        on=undone,
        attempts=ATTEMPTS - 1,
        timeout=WITHIN_S,
        wait_initial=FIRST_WAIT_S,
        wait_max=LONGEST_WAIT_S,
        wait_jitter=FIRST_WAIT_S,
    )
    async for attempt in attempts:
        with attempt:
            return await work()
    raise AssertionError("an attempt returns or raises")
