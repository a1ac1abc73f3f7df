"""The batches of users."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from domain.batch import BatchJob, BatchPage, BatchStatus
from domain.ids import BatchId, UserId


class BatchJobs(Protocol):
    """Read and written inside a unit of work."""

    async def add(self, job: BatchJob) -> None:
        """Store a new job.

        Raises:
            AccountNotFound: its owner has no account; the unit of work is lost.
            AlreadyExists: there is a job of this id; the unit of work is lost.
        """
        ...

    async def get(self, user: UserId, batch: BatchId) -> BatchJob:
        """Return a job of the user.

        Raises:
            BatchNotFound: the user has no such job.
        """
        ...

    async def page(
        self, user: UserId, status: BatchStatus | None, limit: int, offset: int
    ) -> BatchPage:
        """Return jobs of the user, newest first; of one status, or of any."""
        ...

    async def hold(self, batch: BatchId) -> BatchJob | None:
        """Return a job, whosever it is, and keep others from changing it until the end."""
        ...

    async def save(self, job: BatchJob) -> None:
        """Store a job that is held: all of it that can change."""
        ...

    async def unsettled(self, user: UserId | None = None) -> Sequence[BatchId]:
        """Return the jobs on which there is work to do, of one user or of all, oldest first."""
        ...

    async def is_known(self, provider: str, ticket: str) -> bool:
        """Return whether a job has this batch of the provider's, by the provider's name of it."""
        ...

    async def outdated(self, now: datetime, limit: int) -> Sequence[BatchJob]:
        """Return settled jobs whose results are still kept but should be no longer."""
        ...

    async def requested(self, user: UserId, since: datetime) -> int:
        """Return how many requests the user's jobs hold that were made since a moment."""
        ...
