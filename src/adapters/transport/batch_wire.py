"""What the wires of all batch services share: bodies in pieces, answers by the line."""

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from typing import Any, cast

import msgspec

from adapters.transport.carrier import Carrier
from adapters.transport.not_json import NOT_JSON
from adapters.transport.wire_reader import WireReader
from application.ports.batches import Prompts
from domain.batch import BatchFault, BatchResult, Source
from domain.errors import ParleyError
from domain.provider_errors import ProviderError, ProviderGarbled
from domain.turn.events import ModelEvent, ModelStopped, SourceCited, TextDelta, ThinkingDelta
from domain.turn.prompt import Prompt

Write = Callable[[str, Prompt], bytes]

_LONGEST_LINE = 64 * 1024 * 1024
_PIECE = 65_536


class Pieces:
    """A body that is made while it is sent: a head, the requests, a tail."""

    def __init__(
        self,
        prompts: Prompts,
        write: Write,
        head: bytes = b"",
        between: bytes = b"\n",
        tail: bytes = b"\n",
    ) -> None:
        self._prompts = prompts
        self._write = write
        self._head = head
        self._between = between
        self._tail = tail

    async def size(self) -> int:
        """Return how many bytes it will have; all requests are written for it, and forgotten."""
        size = 0
        async with aclosing(self.read()) as pieces:
            async for piece in pieces:
                size += len(piece)
        return size

    async def read(self) -> AsyncGenerator[bytes, None]:
        """Yield it from the beginning."""
        waiting = bytearray(self._head)
        first = True
        async with aclosing(self._prompts()) as prompts:
            async for number, prompt in prompts:
                if not first:
                    waiting += self._between
                first = False
                waiting += self._write(number, prompt)
                if len(waiting) >= _PIECE:
                    yield bytes(waiting)
                    waiting.clear()
        yield bytes(waiting + self._tail)


async def answered_lines(carrier: Carrier, path: str) -> AsyncGenerator[list[dict[str, Any]], None]:
    """Yield the objects of a file at a provider's that has one on each line.

    Raises:
        ProviderGarbled: a line holds something else.
        ProviderError: as `Carrier.pieces`.
    """
    begun = bytearray()
    async with aclosing(carrier.pieces(path)) as pieces:
        async for piece in pieces:
            begun += piece
            if len(begun) > _LONGEST_LINE:
                raise garbled(carrier.provider)
            *whole, last = begun.split(b"\n")
            begun = bytearray(last)
            if found := [_object(carrier.provider, line) for line in whole if line.strip()]:
                yield found
    if begun.strip():
        yield [_object(carrier.provider, begun)]


def _object(provider: str, line: bytes | bytearray) -> dict[str, Any]:
    try:
        found: object = msgspec.json.decode(line)
    except NOT_JSON as garbage:
        raise garbled(provider) from garbage
    if not isinstance(found, dict):
        raise garbled(provider)
    return cast("dict[str, Any]", found)


def read_object(provider: str, body: bytes) -> dict[str, Any]:
    """Return the object that an answer is.

    Raises:
        ProviderGarbled: it is none.
    """
    return _object(provider, body)


def text_in(provider: str, found: Mapping[str, Any], name: str) -> str:
    """Return what an object says under a name.

    Raises:
        ProviderGarbled: it says nothing there.
    """
    value = found.get(name)
    if not isinstance(value, str) or not value:
        raise garbled(provider)
    return value


def part(found: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return the object under a name; an empty one where there is none."""
    value = found.get(name)
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def listed(found: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """Return the objects of a list under a name."""
    value = found.get(name)
    items = cast("list[object]", value) if isinstance(value, list) else []
    return [cast("dict[str, Any]", item) for item in items if isinstance(item, dict)]


def count(value: object) -> int:
    """Return a number that may come as text; 0 for anything else."""
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value)
    return value if isinstance(value, int) and value > 0 else 0


def whole_result(position: int, reader: WireReader, answer: Mapping[str, Any]) -> BatchResult:
    """Return the result that an answer in one piece is; one that cannot be read is a fault."""
    try:
        return _folded(position, [*reader.whole(msgspec.json.encode(answer))], answer)
    except ProviderError as error:
        return faulty(position, error.code, error)


def faulty(position: int, kind: str, error: ParleyError) -> BatchResult:
    """Return the result of a request that the provider refused or failed at."""
    return BatchResult(position, fault=BatchFault("failed", kind[:80], str(error)))


def _folded(position: int, events: Sequence[ModelEvent], answer: Mapping[str, Any]) -> BatchResult:
    stopped = next((event for event in events if isinstance(event, ModelStopped)), None)
    model = answer.get("model") or answer.get("modelVersion")
    return BatchResult(
        position=position,
        text="".join(event.text for event in events if isinstance(event, TextDelta)),
        model=model if isinstance(model, str) else "",
        reasoning="".join(event.text for event in events if isinstance(event, ThinkingDelta)),
        sources=tuple(Source(e.url, e.title) for e in events if isinstance(e, SourceCited)),
        stop=stopped.reason if stopped else None,
        usage=stopped.usage if stopped else None,
    )


def kind_of(error: Mapping[str, Any]) -> str:
    """Return the provider's word for an error."""
    for name in ("type", "code", "status"):
        value = error.get(name)
        if isinstance(value, str) and value:
            return value
    return "provider_error"


def garbled(provider: str) -> ProviderGarbled:
    """Return the error for what is not the provider's protocol."""
    return ProviderGarbled(provider, f"{provider} sent something that is not its protocol")
