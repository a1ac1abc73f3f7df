"""Work for a client, for as long as it is there."""

import asyncio
from collections.abc import AsyncGenerator, Coroutine
from typing import Any, TypeVar

from litestar import Request
from litestar.exceptions import InternalServerException
from litestar.types import Receive

T = TypeVar("T")


class ClientGone(Exception):
    """The client hung up; there is nobody to answer."""


async def body_of(request: Request[Any, Any, Any]) -> AsyncGenerator[bytes, None]:
    """Yield the body of a request as it comes.

    Raises:
        ClientGone: the client left before its end.
    """
    try:
        async for chunk in request.stream():
            if chunk:
                yield chunk
    except InternalServerException as error:  # Litestar's word for a client that hung up.
        raise ClientGone from error


async def while_there(receive: Receive, work: Coroutine[Any, Any, T]) -> T:
    """Return what `work` returns; it is cancelled, and waited for, as soon as the client leaves.

    The request's body must have been read.

    Raises:
        ClientGone: the client left first.
    """
    working = asyncio.create_task(work)
    leaving = asyncio.create_task(_leave(receive))
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        working.cancel()
        leaving.cancel()
        await asyncio.wait({working, leaving})
    if working.cancelled():
        raise ClientGone
    return working.result()


async def _leave(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
