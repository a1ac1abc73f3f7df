"""A time limit on a piece of work, by whichever clock it is given."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")
Sleep = Callable[[float], Coroutine[Any, Any, None]]


class TimeIsUp(Exception):
    """The work took longer than it may."""


async def within(sleep: Sleep, limit_s: float, work: Coroutine[Any, Any, T]) -> T:
    """Return what the work returns, or raise what it raises; cancelling cancels the work.

    Raises:
        TimeIsUp: the time was over before; the work has been cancelled and is gone.
    """
    task = asyncio.create_task(work)
    timer = asyncio.create_task(sleep(limit_s))
    try:
        await asyncio.wait({task, timer}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise TimeIsUp
        return task.result()
    finally:
        timer.cancel()
        task.cancel()
        await asyncio.wait({task, timer})
        if not task.cancelled():
            task.exception()  # Counts as seen: what it raised on its way out changes nothing.
