"""The body of a batch, read as it comes: of a large one only a piece is in memory."""

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator
from hashlib import blake2b
from typing import Any

import ijson  # pyright: ignore[reportMissingTypeStubs] - it has none
import msgspec
from litestar.exceptions import ValidationException

from application.batch.submit import Incoming
from domain.batch import BatchHead, BatchRequest
from domain.errors import InvalidRequest
from entrypoints.web.nesting import Nesting
from entrypoints.web.wire.batches import BatchHeadObject, BatchItem, request_of

LARGEST_ITEM = 32 * 1024 * 1024
"""As large as any other body."""
_PIECE = 16_384
"""Bytes that are parsed before others get their turn."""
_HEAD = ("model", "description")
_PLACE = re.compile(r" - at `\$\.?([^`]*)`$")
_MISSING_ID = "missing required field `custom_id`"


class BatchBody(Incoming):
    """Feeds what comes to a parser that gives requests as soon as they are whole.

    What is said of all of them is picked out wherever it stands; unknown keys are passed over.
    """

    def __init__(self, chunks: AsyncIterator[bytes]) -> None:
        """Take the body; nothing is read yet."""
        self._chunks = chunks
        self._items: Any = ijson.sendable_list()
        self._values: dict[str, Any] = {name: ijson.sendable_list() for name in _HEAD}
        # One parser for each thing that is looked for: what a parser does not look for it passes
        # over without making anything of it.
        self._parsers = [
            ijson.items_coro(self._items, "requests.item", use_float=True),
            *(ijson.items_coro(self._values[name], name, use_float=True) for name in _HEAD),
        ]
        self._nesting = Nesting()
        self._waiting = bytearray()
        self._unfinished = 0
        self._count = 0
        self._seen: set[bytes] = set()
        self._head: BatchHead | None = None

    async def requests(self) -> AsyncGenerator[BatchRequest, None]:
        """Yield the requests as they come; see the port.

        Raises:
            ValidationException: something has a wrong shape.
        """
        async for chunk in self._chunks:
            for start in range(0, len(chunk), _PIECE):
                self._take(chunk[start : start + _PIECE])
                for request in self._whole_ones():
                    yield request
                await asyncio.sleep(0)
        for request in self._fed():
            yield request
        self._feed(b"")
        self._head = self._said()
        if not self._count:
            raise _violation("Expected a list of at least one request", "requests")

    def head(self) -> BatchHead:
        """Return what is said of them all; see the port."""
        if self._head is None:
            raise AssertionError("it is known once all requests have been read")
        return self._head

    def _take(self, piece: bytes) -> None:
        self._nesting.check(piece)
        self._waiting += piece
        if self._unfinished + len(self._waiting) > LARGEST_ITEM:
            raise InvalidRequest(
                f"requests[{self._count}] is larger than {LARGEST_ITEM // 1024**2} MiB",
                f"requests.{self._count}",
            )

    def _whole_ones(self) -> list[BatchRequest]:
        # The parser begins anew with a text that is not whole yet. Given twice as much each time,
        # it reads a long one about twice, and not once for every piece.
        return self._fed() if len(self._waiting) >= max(_PIECE, self._unfinished) else []

    def _fed(self) -> list[BatchRequest]:
        piece = bytes(self._waiting)
        self._waiting.clear()
        if piece:
            self._feed(piece)
        if not self._items:
            self._unfinished += len(piece)
            return []
        self._unfinished = 0
        found = [self._request(item, self._count + n) for n, item in enumerate(self._items)]
        self._count += len(found)
        del self._items[:]
        return found

    def _feed(self, piece: bytes) -> None:
        try:
            for parser in self._parsers:
                if piece:
                    parser.send(piece)
                else:
                    parser.close()
        except (ijson.JSONError, UnicodeError, ValueError, RecursionError) as error:
            raise InvalidRequest("The body is not valid JSON") from error

    def _request(self, item: object, position: int) -> BatchRequest:
        place = f"requests.{position}"
        try:
            found = msgspec.convert(item, BatchItem)
        except RecursionError as error:
            raise _violation("Nested beyond reason", place) from error
        except msgspec.ValidationError as error:
            if _MISSING_ID in str(error):
                raise InvalidRequest(
                    f"requests[{position}] needs a custom_id", f"{place}.custom_id"
                ) from error
            raise _told(error, place) from error
        # Of long ids only a mark is remembered: there may be very many.
        mark = blake2b(found.custom_id.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        if mark in self._seen:
            raise InvalidRequest(
                f"requests[{position}] has the custom_id of another one", f"{place}.custom_id"
            )
        self._seen.add(mark)
        return request_of(found, position)

    def _said(self) -> BatchHead:
        said = {name: values[-1] for name, values in self._values.items() if values}
        try:
            return msgspec.convert(said, BatchHeadObject).head
        except msgspec.ValidationError as error:
            raise _told(error, "") from error


def _told(error: msgspec.ValidationError, place: str) -> ValidationException:
    text = str(error)
    inner = _PLACE.search(text)
    return _violation(_PLACE.sub("", text), ".".join(filter(None, (place, inner and inner[1]))))


def _violation(message: str, key: str) -> ValidationException:
    return ValidationException(extra=[{"message": message, "key": key, "source": "body"}])
