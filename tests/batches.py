"""Reads what comes in batches one by one, for tests that do not mind how many came at once."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import TypeVar

T = TypeVar("T")


async def one_by_one(batches: AsyncGenerator[Sequence[T], None]) -> AsyncGenerator[T, None]:
    """Yield every item; closing early closes the batches. An empty batch breaks their promise."""
    async with aclosing(batches):
        async for batch in batches:
            assert batch, "an empty batch"
            for item in batch:
                yield item
