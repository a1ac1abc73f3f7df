"""An answer without a socket, for the many ways in which one can end."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager


class Body:
    """The bytes of an answer that ends, in good order or not, after them."""

    def __init__(self, body: bytes, failure: Exception | None) -> None:
        self._left = [body] if body else []
        self._failure = failure

    async def read(self) -> bytes:
        if self._left:
            return self._left.pop()
        if self._failure is not None:
            raise self._failure
        return b""

    def close(self) -> None:
        """Nothing is open."""


@asynccontextmanager
async def asked(answer: Body) -> AsyncGenerator[Body, None]:
    yield answer
