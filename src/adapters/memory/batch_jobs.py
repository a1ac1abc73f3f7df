"""Batches of users, in memory."""

from collections.abc import Sequence
from datetime import datetime

from adapters.memory.state import Draft
from application.ports.batch_jobs import BatchJobs
from domain.batch import BatchJob, BatchPage, BatchStatus, BatchStep
from domain.batch_errors import BatchNotFound
from domain.errors import AccountNotFound, AlreadyExists
from domain.ids import BatchId, UserId


class MemoryBatchJobs(BatchJobs):
    """Read and written inside a unit of work."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft

    async def add(self, job: BatchJob) -> None:
        """Store a new job."""
        state = await self._draft.writing()
        if job.owner not in state.accounts:
            raise AccountNotFound(job.owner)
        if job.id in state.batches:
            raise AlreadyExists("There is a batch of this id")
        state.batches[job.id] = job

    async def get(self, user: UserId, batch: BatchId) -> BatchJob:
        """Return a job of the user."""
        job = self._draft.state.batches.get(batch)
        if job is None or job.owner != user:
            raise BatchNotFound(batch)
        return job

    async def page(
        self, user: UserId, status: BatchStatus | None, limit: int, offset: int
    ) -> BatchPage:
        """Return jobs of the user, newest first; of one status, or of any."""
        # Of those made in one moment the later comes first: rows keep the order of their making.
        made = enumerate(self._draft.state.batches.values())
        found = [
            job
            for _, job in sorted(made, key=lambda one: (one[1].created_at, one[0]), reverse=True)
            if job.owner == user and status in (None, job.status)
        ]
        return BatchPage(tuple(found[offset : offset + limit]), len(found))

    async def hold(self, batch: BatchId) -> BatchJob | None:
        """Return a job, whosever it is, and keep others from changing it until the end."""
        state = await self._draft.writing()
        return state.batches.get(batch)

    async def save(self, job: BatchJob) -> None:
        """Store a job that is held."""
        state = await self._draft.writing()
        if job.id in state.batches:
            state.batches[job.id] = job

    async def unsettled(self, user: UserId | None = None) -> Sequence[BatchId]:
        """Return the jobs on which there is work to do, oldest first."""
        return [
            job.id
            for job in sorted(self._draft.state.batches.values(), key=lambda job: job.created_at)
            if job.step is not BatchStep.SETTLED and user in (None, job.owner)
        ]

    async def is_known(self, provider: str, ticket: str) -> bool:
        """Return whether a job has this batch of the provider's."""
        return any(
            job.provider == provider and job.ticket is not None and job.ticket.id == ticket
            for job in self._draft.state.batches.values()
        )

    async def outdated(self, now: datetime, limit: int) -> Sequence[BatchJob]:
        """Return settled jobs whose results are still kept but should be no longer."""
        return [
            job
            for job in self._draft.state.batches.values()
            if job.results_url is not None
            and job.step is BatchStep.SETTLED
            and job.expires_at is not None
            and job.expires_at <= now
        ][:limit]

    async def requested(self, user: UserId, since: datetime) -> int:
        """Return how many requests the user's jobs hold that were made since a moment."""
        return sum(
            job.requests
            for job in self._draft.state.batches.values()
            if job.owner == user and job.created_at >= since
        )
