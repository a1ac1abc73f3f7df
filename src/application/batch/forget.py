"""The end of results, and of the batches of an account."""

from collections.abc import Sequence
from contextlib import suppress

import structlog
from msgspec import structs

from application.background.going_on import GoingOn, Stepwise
from application.batch.requests import KeptRequests
from application.batch.services import BatchServices
from application.batch.submit import KIND
from application.ports.batches import Batches
from application.ports.clock import Clock
from application.ports.files import Files
from application.ports.personal_data import PersonalData
from application.ports.unit_of_work import Stores, UnitOfWork
from domain.account import Account
from domain.batch import BatchJob, BatchStep, BatchTicket, results_key
from domain.batch_errors import BatchNotFound
from domain.errors import FileNotFound, ParleyError
from domain.ids import BatchId
from domain.storage_errors import StorageError

log = structlog.get_logger("batch")

EVERY_S = 3600.0
_AT_ONCE = 100


class DropResults(Stepwise):
    """Throws results away whose time is over; work that is never over."""

    def __init__(self, work: UnitOfWork, files: Files, clock: Clock) -> None:
        self._work = work
        self._files = files
        self._clock = clock

    async def left(self) -> Sequence[str]:
        """Return the one piece of work there is."""
        return ["all"]

    async def step(self, job: str) -> float | None:
        """Throw some away."""
        try:
            async with self._work() as db:
                old = await db.batches.outdated(self._clock.now(), _AT_ONCE)
            for each in old:
                with suppress(FileNotFound):
                    await self._files.delete(each.owner, results_key(each.owner, each.id))
                await self._work.run(lambda db, batch=each.id: _without(db, batch), repeatable=True)
        except StorageError as error:
            log.warning("old results stay for now", code=error.code)
            return EVERY_S
        return 0.0 if len(old) == _AT_ONCE else EVERY_S


class UserBatches(PersonalData):
    """What providers do for a user; rows and files are removed with all others."""

    def __init__(
        self,
        work: UnitOfWork,
        services: BatchServices,
        kept: KeptRequests,
        going_on: GoingOn,
    ) -> None:
        self._work = work
        self._services = services
        self._kept = kept
        self._going_on = going_on

    async def forget(self, account: Account) -> None:
        """Stop the user's batches, here and with their providers.

        A provider that does not answer is no reason to keep the account; the batch then ends there
        by itself, and its answers are fetched by nobody.
        """
        async with self._work() as db:
            running = await db.batches.unsettled(account.id)
        for batch in running:
            await self._going_on.drop(KIND, batch)
            with suppress(BatchNotFound):
                async with self._work() as db:
                    job = await db.batches.get(account.id, batch)
                await self._stop(job)

    async def _stop(self, job: BatchJob) -> None:
        service = self._services.get(job.provider)
        if service is None:
            return
        try:
            for ticket in await self._tickets(job, service):
                await service.cancel(ticket)
                await service.clear(ticket)
        except ParleyError as error:
            log.warning("a provider keeps a batch", batch=job.id, code=error.code)

    async def _tickets(self, job: BatchJob, service: Batches) -> Sequence[BatchTicket]:
        if job.ticket is not None:
            return [job.ticket]
        if job.step is not BatchStep.ASKED:
            return []
        # Of several that may be it, some are others' batches.
        found = await service.find(self._kept.order(job))
        return found if len(found) == 1 else []


async def _without(db: Stores, batch: BatchId) -> None:
    held = await db.batches.hold(batch)
    if held is not None:
        await db.batches.save(structs.replace(held, results_url=None))
