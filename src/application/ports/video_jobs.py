"""Clips that have been ordered: what outlives the process that watches over them."""

from datetime import datetime
from typing import Protocol

from domain.ids import JobId, UserId
from domain.media import VideoJob


class VideoJobs(Protocol):
    """Read and written inside a unit of work. The owner is part of every query of theirs."""

    async def add(self, job: VideoJob) -> None:
        """Store a new job.

        Raises:
            AlreadyExists: there is one of this id; the unit of work is lost.
            AccountNotFound: there is no such user; the unit of work is lost.
        """
        ...

    async def find(self, user: UserId, job: JobId) -> VideoJob | None:
        """Return a job of the user, or None."""
        ...

    async def find_of_anybody(self, job: JobId) -> VideoJob | None:
        """Return a job, whoever's it is: for work that nobody asks for."""
        ...

    async def page(self, user: UserId, limit: int) -> list[VideoJob]:
        """Return the user's jobs, newest first."""
        ...

    async def hold_open(self, user: UserId) -> int:
        """Return how many of the user's jobs are open, and keep others from adding more.

        Whoever asks for the same user next waits until this unit of work has ended.

        Raises:
            AccountNotFound: there is no such user.
        """
        ...

    async def open(self) -> list[VideoJob]:
        """Return every open job of everybody, oldest first."""
        ...

    async def change(self, job: VideoJob) -> bool:
        """Store what has become of a job, unless it was closed before; return whether it was not.

        Two that follow one job, or somebody who cancels it, thereby end it once.
        """
        ...

    async def forget_before(self, moment: datetime) -> int:
        """Drop closed jobs that were made earlier; return how many. What they made stays."""
        ...
