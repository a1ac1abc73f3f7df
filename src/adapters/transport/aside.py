"""Work that takes as long as its content is large, kept out of everybody else's way."""

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

AT_A_GLANCE = 256 * 1024
"""Bytes or characters that are worked through on the spot; more would hold up everybody else."""


async def aside(size: int, work: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
    """Return what the work returns, done in a thread where `size` is more than a glance.

    Cancelling leaves the thread to come to its end by itself.
    """
    if size <= AT_A_GLANCE:
        return work(*args, **named)
    return await asyncio.to_thread(work, *args, **named)
