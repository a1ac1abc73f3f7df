"""A place for bytes that are too many to be held in memory, for as long as a block lasts."""

from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager
from typing import Protocol


class Sheet(Protocol):
    """Written to its end, then read."""

    @property
    def size_bytes(self) -> int:
        """How much was written."""
        ...

    async def write(self, chunk: bytes) -> None:
        """Add to it."""
        ...

    def read(self) -> AsyncGenerator[bytes, None]:
        """Yield all that was written, in chunks."""
        ...


class Scratch(Protocol):
    """Gives out sheets: `async with scratch.sheet() as sheet: …`; nothing stays of them."""

    def sheet(self) -> AbstractAsyncContextManager[Sheet]:
        """Begin an empty one."""
        ...
