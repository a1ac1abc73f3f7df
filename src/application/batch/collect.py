"""The answers of a batch that has ended, from its provider into the files of its owner."""

from array import array
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, suppress

from msgspec import Struct

from application.batch.lines import MOST_A_PIECE, decode_result, encode
from application.batch.pad import Pad
from application.batch.requests import KeptRequests
from application.ports.batches import Batches, BatchOrder
from application.ports.files import Files
from application.ports.spool import Spool
from domain.batch import (
    BatchAnswer,
    BatchCounts,
    BatchJob,
    BatchRequest,
    BatchResult,
    BatchStatus,
    BatchTicket,
    results_key,
    unanswered,
)
from domain.catalog.card import ModelCard, Price
from domain.catalog.cost import cost_usd
from domain.errors import FileNotFound
from domain.provider_errors import ProviderGarbled
from domain.turn.metering import Usage

MOST_BYTES = 8 * 2_048_000_000
"""More than any batch is answered with."""
_NOWHERE = -1


class Collected(Struct, frozen=True):
    """What became of the requests, and what that took."""

    counts: BatchCounts = BatchCounts()
    usage: Usage = Usage()
    cost_usd: float | None = 0.0
    """None: not known."""

    def and_one(self, result: BatchResult, price: Price | None) -> "Collected":
        """Return the same with one more."""
        return Collected(
            self.counts.and_one(result.outcome),
            self.usage if result.usage is None else self.usage + result.usage,
            _sum(self.cost_usd, _cost(result, price)),
        )


class CollectBatch:
    """Puts the answers, which come in any order, into that of the requests.

    They go through a file that is gone afterwards, so that of a large batch only a piece is in
    memory. Doing it again, after a process died on the way, leaves the same results.
    """

    def __init__(self, files: Files, spool: Spool, kept: KeptRequests) -> None:
        self._files = files
        self._spool = spool
        self._kept = kept

    async def __call__(
        self,
        job: BatchJob,
        order: BatchOrder,
        service: Batches,
        ticket: BatchTicket,
        ended: BatchStatus,
    ) -> Collected:
        """Store the results; a request of which the provider says nothing gets one too.

        Raises:
            ProviderError: the results could not be had.
            FilesUnavailable: they could not be stored.
            FileNotFound: the requests are not kept any more.
        """
        key = results_key(job.owner, job.id)
        with suppress(FileNotFound):  # Of an attempt that did not come to its end.
            await self._files.delete(job.owner, key)
        async with self._spool.room() as file:
            pad = Pad(file)
            arrived = _Arrived(job.requests)
            async with aclosing(service.results(ticket, order)) as pieces:
                async for piece in pieces:
                    await pad.add([encode(result) for result in arrived.taken(piece)])
            ordered = _Ordered(self._kept, job, order.card, pad, arrived, ended)
            await self._files.put(key, ordered.pieces(), MOST_BYTES)
        return ordered.sum


class _Arrived:
    """Where on the pad the result of each request is."""

    def __init__(self, requests: int) -> None:
        self._records = array("q", [_NOWHERE]) * requests
        self._count = 0

    def taken(self, piece: Sequence[BatchResult]) -> list[BatchResult]:
        """Return those that are to be added to the pad: of two for one request the first."""
        taken: list[BatchResult] = []
        for result in piece:
            if not 0 <= result.position < len(self._records):
                raise ProviderGarbled("batch", "The provider answers requests that nobody made")
            if self._records[result.position] == _NOWHERE:
                self._records[result.position] = self._count
                self._count += 1
                taken.append(result)
        return taken

    def among(self, start: int, count: int) -> list[int]:
        """Return the records of some requests, in order."""
        return [record for record in self._records[start : start + count] if record != _NOWHERE]


class _Ordered:
    """The results in the order of the requests, and what they come to."""

    def __init__(
        self,
        kept: KeptRequests,
        job: BatchJob,
        card: ModelCard,
        pad: Pad,
        arrived: _Arrived,
        ended: BatchStatus,
    ) -> None:
        self._kept = kept
        self._job = job
        self._card = card
        self._pad = pad
        self._arrived = arrived
        self._ended = ended
        self.sum = Collected()

    async def pieces(self) -> AsyncGenerator[bytes, None]:
        position = 0
        waiting: list[BatchRequest] = []
        async with aclosing(self._kept.read(self._job.owner, self._job.id)) as requests:
            async for request in requests:
                waiting.append(request)
                if len(waiting) == MOST_A_PIECE:
                    yield await self._answers(position, waiting)
                    position += len(waiting)
                    waiting = []
        if waiting:
            yield await self._answers(position, waiting)

    async def _answers(self, start: int, requests: Sequence[BatchRequest]) -> bytes:
        records = await self._pad.read(self._arrived.among(start, len(requests)))
        found = {result.position: result for result in map(decode_result, records)}
        lines: list[bytes] = []
        for position, request in enumerate(requests, start):
            result = found.get(position) or unanswered(position, self._ended)
            card = self._kept.card_for(self._card, request)
            self.sum = self.sum.and_one(result, card.price)
            lines.append(encode(BatchAnswer(request.custom_id, result)))
        return b"\n".join([*lines, b""])


def _cost(result: BatchResult, price: Price | None) -> float | None:
    """Return what one answer cost; nobody bills for none."""
    if result.usage is None:
        return 0.0 if result.fault is not None else None
    return cost_usd(result.usage, price and price.in_batch())


def _sum(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one + other
