"""A task that lives exactly as long as a block."""

import asyncio
from collections.abc import AsyncGenerator, Coroutine
from contextlib import asynccontextmanager
from typing import Any


@asynccontextmanager
async def alongside(work: Coroutine[Any, Any, None]) -> AsyncGenerator[None, None]:
    """Run `work` beside the block; when the block ends, cancel it and wait until it is gone.

    What `work` raised, if anything, is raised here once the block has ended well; it does not
    interrupt the block.
    """
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})
        # Asked for here too: what the block raised comes first, but nothing goes unseen.
        error = None if task.cancelled() else task.exception()
    if error is not None:
        raise error
