"""What users see of their batches."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from application.background.going_on import GoingOn
from application.batch.lines import decode_answer, lines
from application.batch.services import BatchServices
from application.batch.submit import KIND
from application.ports.clock import Clock
from application.ports.files import Files
from application.ports.unit_of_work import UnitOfWork
from domain.batch import BatchAnswer, BatchJob, BatchPage, BatchStatus, results_key
from domain.catalog.card import Capability
from domain.catalog.catalog import Catalog
from domain.errors import InvalidRequest, NotConfigured
from domain.ids import BatchId, UserId


class ShowBatches:
    """Reads jobs."""

    def __init__(self, work: UnitOfWork, going_on: GoingOn) -> None:
        self._work = work
        self._going_on = going_on

    async def __call__(self, user: UserId, batch: BatchId) -> BatchJob:
        """Return a job.

        Raises:
            BatchNotFound: the user has no such job.
        """
        return await self._work.run(lambda db: db.batches.get(user, batch))

    async def page(
        self, user: UserId, status: BatchStatus | None, limit: int, offset: int
    ) -> BatchPage:
        """Return jobs, newest first."""
        return await self._work.run(lambda db: db.batches.page(user, status, limit, offset))

    async def once_over(self, user: UserId, batch: BatchId) -> BatchJob:
        """Return a job once there is nothing left to do on it, or this process does no more.

        Raises:
            BatchNotFound: the user has no such job.
        """
        await self(user, batch)
        await self._going_on.over(KIND, batch)
        return await self(user, batch)


class FetchResults:
    """Reads results, a piece of them at a time."""

    def __init__(self, work: UnitOfWork, files: Files, clock: Clock) -> None:
        self._work = work
        self._files = files
        self._clock = clock

    async def check(self, user: UserId, batch: BatchId) -> BatchJob:
        """Return the job whose results can be fetched.

        Raises:
            BatchNotFound: the user has no such job.
            InvalidRequest: it has no results, or not yet, or not any more.
        """
        job = await self._work.run(lambda db: db.batches.get(user, batch))
        if not job.status.is_final:
            raise InvalidRequest(f"Batch job is {job.status.value}: it has no results yet")
        if job.expires_at is not None and job.expires_at <= self._clock.now():
            raise InvalidRequest("The results of this batch job have expired")
        if job.results_url is None:
            raise InvalidRequest(f"Batch job is {job.status.value}: it has no results")
        return job

    async def pieces(self, job: BatchJob) -> AsyncGenerator[Sequence[BatchAnswer], None]:
        """Yield the results in the order of the requests.

        Raises:
            FileNotFound: they are not kept.
        """
        key = results_key(job.owner, job.id)
        async with aclosing(self._files.read(job.owner, key)) as chunks:
            async for piece in lines(chunks):
                yield [decode_answer(line) for line in piece]
                await asyncio.sleep(0)  # Turns that are being answered come first.


class ShowServices:
    """Says which providers take batches, and for which models."""

    def __init__(self, catalog: Catalog, services: BatchServices) -> None:
        self._catalog = catalog
        self._services = services

    def __call__(self) -> dict[str, tuple[bool, tuple[str, ...]]]:
        """Return by provider whether it can be asked, and its models."""
        models: dict[str, list[str]] = {name: [] for name in self._services}
        for card in self._catalog:
            if card.able_to(Capability.BATCH) and card.provider in models:
                models[card.provider].append(card.id)
        return {name: (self._can_be_asked(name), tuple(able)) for name, able in models.items()}

    def _can_be_asked(self, provider: str) -> bool:
        try:
            self._services[provider].check()
        except NotConfigured:
            return False
        return True
