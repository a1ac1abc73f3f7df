"""Clips that have been ordered, in memory."""

from datetime import datetime

from adapters.memory.state import Draft
from application.ports.video_jobs import VideoJobs
from domain.errors import AccountNotFound, AlreadyExists
from domain.ids import JobId, UserId
from domain.media import VideoJob


class MemoryVideoJobs(VideoJobs):
    """Read and written inside a unit of work."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft

    async def add(self, job: VideoJob) -> None:
        state = await self._draft.writing()
        if job.id in state.video_jobs:
            raise AlreadyExists("This already exists")
        if job.user not in state.accounts:
            raise AccountNotFound(job.user)
        state.video_jobs[job.id] = job

    async def find(self, user: UserId, job: JobId) -> VideoJob | None:
        found = self._draft.state.video_jobs.get(job)
        return found if found is not None and found.user == user else None

    async def find_of_anybody(self, job: JobId) -> VideoJob | None:
        return self._draft.state.video_jobs.get(job)

    async def page(self, user: UserId, limit: int) -> list[VideoJob]:
        jobs = [job for job in self._draft.state.video_jobs.values() if job.user == user]
        ordered = sorted(jobs, key=lambda job: job.id)
        return sorted(ordered, key=lambda job: job.created_at, reverse=True)[:limit]

    async def hold_open(self, user: UserId) -> int:
        state = await self._draft.writing()
        if user not in state.accounts:
            raise AccountNotFound(user)
        return sum(job.user == user and job.open for job in state.video_jobs.values())

    async def open(self) -> list[VideoJob]:
        jobs = (job for job in self._draft.state.video_jobs.values() if job.open)
        return sorted(jobs, key=lambda job: (job.created_at, job.id))

    async def change(self, job: VideoJob) -> bool:
        jobs = (await self._draft.writing()).video_jobs
        there = jobs.get(job.id)
        if there is None or there.user != job.user or not there.open:
            return False
        jobs[job.id] = job
        return True

    async def forget_before(self, moment: datetime) -> int:
        jobs = (await self._draft.writing()).video_jobs
        old = [job.id for job in jobs.values() if not job.open and job.created_at < moment]
        for job in old:
            del jobs[job]
        return len(old)
