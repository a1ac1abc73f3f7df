"""What goes on with a batch by itself: handing over, asking after it, fetching, settling."""

from collections.abc import Callable, Sequence
from datetime import timedelta

import structlog
from msgspec import Struct, structs

from application.background.going_on import Stepwise
from application.batch.collect import CollectBatch, Collected
from application.batch.requests import KeptRequests
from application.batch.services import BatchServices
from application.batch.settle import SettleBatch
from application.ports.batches import Batches, BatchOrder
from application.ports.clock import Clock
from application.ports.unit_of_work import Stores, UnitOfWork
from domain.batch import (
    BatchCounts,
    BatchEnded,
    BatchJob,
    BatchRunning,
    BatchStatus,
    BatchStep,
    BatchTicket,
)
from domain.errors import FileNotFound, NotConfigured, ParleyError
from domain.ids import BatchId
from domain.provider_errors import (
    ProviderDown,
    ProviderError,
    ProviderGarbled,
    ProviderOverloaded,
    ProviderRejected,
    ProviderUnauthorized,
    ProviderUnpaid,
)
from domain.storage_errors import StorageError

log = structlog.get_logger("batch")

STORAGE_S = 5.0
"""Until the next attempt while our own storage is away."""
LONGEST_S = 300.0
"""Between two attempts while the provider is away."""
GIVEN_UP = timedelta(hours=24)
"""How long after its end a batch is still asked for what it has cost."""
_GARBAGE = 5
"""So many unreadable answers in a row, and the batch has failed."""

Change = Callable[[BatchJob], BatchJob]
AT_ONCE_S = 0.0


class BatchPace(Struct, frozen=True):
    """How often a provider is asked, and for how long."""

    first_s: float = 5.0
    every_s: float = 10.0
    within_s: float = 86_400.0
    """What has not ended by then has expired."""


class FollowBatch(Stepwise):
    """Does the next step of a job, whatever stands in the way.

    Where it stands is in its row alone. Each step is stored before and after a provider is asked,
    so a process that dies leaves behind what the next one needs to know; only of being handed over
    the outcome can be in doubt, and then the provider is asked whether it has the batch.
    """

    def __init__(
        self,
        work: UnitOfWork,
        services: BatchServices,
        kept: KeptRequests,
        collect: CollectBatch,
        settle: SettleBatch,
        clock: Clock,
        pace: BatchPace = BatchPace(),  # noqa: B008 - frozen
    ) -> None:
        self._work = work
        self._services = services
        self._kept = kept
        self._collect = collect
        self._settle = settle
        self._clock = clock
        self._pace = pace
        self._failures: dict[BatchId, int] = {}
        """In a row, of jobs whose last step failed."""

    async def left(self) -> Sequence[str]:
        """Return the jobs on which there is work to do."""
        async with self._work() as db:
            return [*await db.batches.unsettled()]

    async def step(self, job: str) -> float | None:
        """Do what can be done now; return the seconds until the next step, None when it is over."""
        batch = BatchId(job)
        try:
            found = await self._change(batch, lambda held: held)
            if found is None or found.step is BatchStep.SETTLED:
                self._failures.pop(batch, None)
                return None
            if found.step is BatchStep.COLLECTED:
                await self._settle.clean(found)
                return AT_ONCE_S
            return await self._go_on(found)
        except StorageError as error:
            log.warning("a batch waits for storage", batch=job, code=error.code)
            return STORAGE_S

    async def _go_on(self, job: BatchJob) -> float:
        try:
            service = self._services.get(job.provider)
            if service is None:
                raise NotConfigured(f"provider.{job.provider}")
            wait_s = await self._ask(job, service, self._kept.order(job))
        except FileNotFound:
            return await self._fail(job, "The requests of this batch are not kept any more")
        except StorageError:
            raise
        except ProviderError as error:
            return await self._failed(job, error)
        except ParleyError as error:
            return await self._fail(job, str(error))
        self._failures.pop(job.id, None)
        return wait_s

    async def _ask(self, job: BatchJob, service: Batches, order: BatchOrder) -> float:
        if job.ticket is not None:
            return await self._follow(job, job.ticket, service, order)
        ticket = await self._heard(service, order) if job.step is BatchStep.ASKED else None
        if ticket is not None:
            return await self._sent(job, ticket)
        if job.status.is_final:
            await self._settle(job, Collected())
            return AT_ONCE_S
        if self._is_late(job):
            return await self._expire(job)
        return await self._hand_over(job, service, order)

    async def _heard(self, service: Batches, order: BatchOrder) -> BatchTicket | None:
        """Return the ticket of an order whose handing over was broken off, if it came through."""
        for ticket in await service.find(order):
            async with self._work() as db:
                if not await db.batches.is_known(order.card.provider, ticket.id):
                    return ticket
        return None

    async def _hand_over(self, job: BatchJob, service: Batches, order: BatchOrder) -> float:
        now = self._clock.now()

        def asked(held: BatchJob) -> BatchJob:
            if held.status.is_final:
                return held
            began = held.started_at or now
            return structs.replace(held, step=BatchStep.ASKED, started_at=began)

        held = await self._change(job.id, asked)
        if held is None or held.status.is_final:
            return AT_ONCE_S  # Cancelled a moment ago.
        return await self._sent(job, await service.submit(order))

    async def _sent(self, job: BatchJob, ticket: BatchTicket) -> float:
        def sent(held: BatchJob) -> BatchJob:
            status = held.status if held.status.is_final else BatchStatus.PROCESSING
            return structs.replace(held, ticket=ticket, step=BatchStep.SENT, status=status)

        held = await self._change(job.id, sent)
        log.info("batch handed over", batch=job.id, provider=job.provider, requests=job.requests)
        return AT_ONCE_S if held is None or held.status.is_final else self._pace.first_s

    async def _follow(
        self, job: BatchJob, ticket: BatchTicket, service: Batches, order: BatchOrder
    ) -> float:
        match await service.look(ticket):
            case BatchEnded() as ended:
                return await self._fetch(job, ticket, service, order, ended)
            case BatchRunning(stopping=stopping) if job.status.is_final:
                if self._is_lost(job):
                    return await self._lose(job)
                if not stopping:
                    await service.cancel(ticket)
            case BatchRunning() if self._is_late(job):
                return await self._expire(job)
            case BatchRunning(counts) if counts is not None and counts != job.counts:
                await self._change(job.id, lambda held: _counted(held, counts))
            case BatchRunning():
                pass
        return self._pace.every_s

    async def _fetch(
        self,
        job: BatchJob,
        ticket: BatchTicket,
        service: Batches,
        order: BatchOrder,
        ended: BatchEnded,
    ) -> float:
        fate = job.status if job.status.is_final else ended.status
        collected = await self._collect(job, order, service, ticket, fate)
        if ended.status is BatchStatus.EXPIRED and collected.counts.succeeded:
            # What was answered in time is paid for, and not withheld.
            ended = BatchEnded(BatchStatus.COMPLETED)
        await self._settle(job, collected, ended)
        return AT_ONCE_S

    async def _failed(self, job: BatchJob, error: ProviderError) -> float:
        """Decide whether a failure of the provider is the end."""
        failures = self._failures[job.id] = self._failures.get(job.id, 0) + 1
        log.warning("a batch meets a failure", batch=job.id, code=error.code, failures=failures)
        if _is_final(error, job, failures):
            return await self._fail(job, str(error))
        if job.status.is_final and self._is_lost(job):
            return await self._lose(job)
        if not job.status.is_final and self._is_late(job):
            return await self._expire(job)
        if isinstance(error, ProviderOverloaded | ProviderDown) and error.retry_after_s:
            return error.retry_after_s
        return min(self._pace.every_s * 2 ** min(failures - 1, 10), LONGEST_S)

    async def _fail(self, job: BatchJob, why: str) -> float:
        """End a job of which no more is to be had; what the provider did all the same has a price.

        That price is not known.
        """
        cost = None if job.ticket is not None else 0.0
        await self._settle(job, Collected(cost_usd=cost), BatchEnded(BatchStatus.FAILED, why))
        return AT_ONCE_S

    async def _lose(self, job: BatchJob) -> float:
        await self._settle(job, Collected(cost_usd=None))
        return AT_ONCE_S

    async def _expire(self, job: BatchJob) -> float:
        now = self._clock.now()
        text = f"The batch was not answered within {self._pace.within_s / 3600:g} hours"
        await self._change(job.id, lambda held: held.ended(BatchStatus.EXPIRED, now, text))
        return AT_ONCE_S

    def _is_late(self, job: BatchJob) -> bool:
        return self._clock.now() >= job.created_at + timedelta(seconds=self._pace.within_s)

    def _is_lost(self, job: BatchJob) -> bool:
        """Return whether a job that has ended was asked after for long enough."""
        return self._clock.now() >= (job.completed_at or job.created_at) + GIVEN_UP

    async def _change(self, batch: BatchId, change: Change) -> BatchJob | None:
        """Return the job, changed as it is now and not as it was read."""

        async def amend(db: Stores) -> BatchJob | None:
            held = await db.batches.hold(batch)
            if held is None:
                return None
            changed = change(held)
            if changed != held:
                await db.batches.save(changed)
            return changed

        return await self._work.run(amend, repeatable=True)


def _counted(held: BatchJob, counts: BatchCounts) -> BatchJob:
    return held if held.status.is_final else structs.replace(held, counts=counts)


def _is_final(error: ProviderError, job: BatchJob, failures: int) -> bool:
    match error:
        case ProviderUnauthorized() | ProviderUnpaid():
            # A batch that is under way is not given up: the operator may be changing keys.
            return job.ticket is None
        case ProviderRejected():
            return True
        case ProviderGarbled():
            return failures >= _GARBAGE
        case _:
            return False
