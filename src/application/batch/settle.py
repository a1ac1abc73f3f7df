"""The end of a batch: its bill, and the removal of what is not needed any more."""

from contextlib import suppress

import structlog
from msgspec import structs

from application.batch.collect import Collected
from application.batch.requests import KeptRequests
from application.batch.services import BatchServices
from application.ports.clock import Clock
from application.ports.files import Files
from application.ports.unit_of_work import Stores, UnitOfWork
from domain.batch import (
    BatchEnded,
    BatchJob,
    BatchStatus,
    BatchStep,
    requests_key,
    results_key,
)
from domain.errors import FileNotFound, ParleyError
from domain.ids import BatchId, TurnId
from domain.usage import NAME_CHARS, UsageRecord, micro_usd

log = structlog.get_logger("batch")

_SHOWN = (BatchStatus.COMPLETED, BatchStatus.CANCELLED)
"""Ends after which there are results to be fetched."""


class SettleBatch:
    """First stores the end with what it took, in one transaction, then cleans up.

    Both may be done again. A job that was cancelled meanwhile stays so.
    """

    def __init__(
        self,
        work: UnitOfWork,
        files: Files,
        services: BatchServices,
        kept: KeptRequests,
        clock: Clock,
    ) -> None:
        self._work = work
        self._files = files
        self._services = services
        self._kept = kept
        self._clock = clock

    async def __call__(
        self, job: BatchJob, collected: Collected, ended: BatchEnded | None = None
    ) -> None:
        """Store the end.

        Args:
            job: as far as it has come.
            collected: what became of the requests; no counts at all: nothing is known.
            ended: how the job ends, unless it has ended already.
        """
        now = self._clock.now()
        counts = collected.counts if collected.counts.total else None

        def over(held: BatchJob) -> BatchJob:
            if ended is not None:
                held = held.ended(ended.status, now, ended.why or None, counts)
            shown = counts is not None and held.status in _SHOWN
            return structs.replace(
                held,
                step=BatchStep.COLLECTED,
                counts=counts or held.counts,
                results_url=f"/api/v1/batch/{held.id}/results" if shown else None,
            )

        async def store(db: Stores) -> None:
            held = await db.batches.hold(job.id)
            if held is not None:
                await db.batches.save(over(held))
                await db.usage.put(self._bill(held, collected))

        await self._work.run(store, repeatable=True)
        log.info("batch ended", batch=job.id, provider=job.provider)

    async def clean(self, job: BatchJob) -> None:
        """Remove the requests, and what the provider keeps: that runs out by itself otherwise."""
        service = self._services.get(job.provider)
        if job.ticket is not None and service is not None:
            try:
                await service.clear(job.ticket)
            except ParleyError as error:
                log.info("the provider keeps its copy for now", batch=job.id, code=error.code)
        unneeded = [requests_key(job.owner, job.id)]
        if job.results_url is None:
            unneeded.append(results_key(job.owner, job.id))
        for key in unneeded:
            with suppress(FileNotFound):
                await self._files.delete(job.owner, key)
        await self._work.run(lambda db: _settled(db, job.id), repeatable=True)

    def _bill(self, job: BatchJob, collected: Collected) -> UsageRecord:
        usage, cost = collected.usage, collected.cost_usd
        return UsageRecord(
            turn=TurnId(job.id),
            user=job.owner,
            at=self._clock.now(),
            model=self._kept.model_of(job)[:NAME_CHARS],
            provider=job.provider[:NAME_CHARS],
            input_tokens=usage.input_tokens,
            cached_input_tokens=usage.cached_input_tokens,
            cache_written_tokens=usage.cache_written_tokens,
            output_tokens=usage.output_tokens,
            reasoning_tokens=usage.reasoning_tokens,
            cost_micro_usd=None if cost is None else micro_usd(cost),
        )


async def _settled(db: Stores, batch: BatchId) -> None:
    held = await db.batches.hold(batch)
    if held is not None:
        await db.batches.save(structs.replace(held, step=BatchStep.SETTLED))
