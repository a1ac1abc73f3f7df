"""Clips that have been ordered."""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import RowMapping, bindparam, delete, func, select, update

from adapters.sql.prepared import row_into
from adapters.sql.rows import storable
from adapters.sql.tables.chat import users, video_jobs
from adapters.sql.transaction import Transaction
from application.ports.video_jobs import VideoJobs
from domain.errors import AccountNotFound
from domain.ids import JobId, UserId
from domain.media import OPEN, VideoJob

_OPEN = tuple(state.value for state in OPEN)

_INSERT = row_into(video_jobs, *video_jobs.c.keys())
_MINE = video_jobs.c.customer_id == bindparam("owner")
_FIND = select(video_jobs.c.job).where(video_jobs.c.job_id == bindparam("this"), _MINE)
_FIND_OF_ANYBODY = select(video_jobs.c.job).where(video_jobs.c.job_id == bindparam("this"))
_PAGE = (
    select(video_jobs.c.job)
    .where(_MINE)
    .order_by(video_jobs.c.created_at.desc(), video_jobs.c.job_id)
    .limit(bindparam("most"))
)
# SQLite queues all writers and needs no lock.
_HOLD = (
    select(users.c.customer_id).where(users.c.customer_id == bindparam("owner")).with_for_update()
)
_COUNT = select(func.count().label("open")).where(_MINE, video_jobs.c.state.in_(_OPEN))
_EVERY = (
    select(video_jobs.c.job)
    .where(video_jobs.c.state.in_(_OPEN))
    .order_by(video_jobs.c.created_at, video_jobs.c.job_id)
)
_CHANGE = (
    update(video_jobs)
    .where(video_jobs.c.job_id == bindparam("this"), _MINE, video_jobs.c.state.in_(_OPEN))
    .values(
        state=bindparam("new_state"),
        updated_at=bindparam("new_updated_at", type_=video_jobs.c.updated_at.type),
        job=bindparam("new_job", type_=video_jobs.c.job.type),
    )
)
_FORGET = delete(video_jobs).where(
    video_jobs.c.state.not_in(_OPEN), video_jobs.c.created_at < bindparam("moment")
)


class SqlVideoJobs(VideoJobs):
    """Read and written inside a unit of work."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add(self, job: VideoJob) -> None:
        row = {
            "job_id": job.id,
            "customer_id": job.user,
            "state": job.state.value,
            "created_at": job.created_at,
            "updated_at": job.updated_at,
            "job": _plain(job),
        }
        await self._transaction.run("add video job", _INSERT, row, owner=job.user)

    async def find(self, user: UserId, job: JobId) -> VideoJob | None:
        wanted = {"this": job, "owner": user}
        row = await self._transaction.first("find video job", _FIND, wanted)
        return None if row is None else _job_of(row)

    async def find_of_anybody(self, job: JobId) -> VideoJob | None:
        row = await self._transaction.first("find video job", _FIND_OF_ANYBODY, {"this": job})
        return None if row is None else _job_of(row)

    async def page(self, user: UserId, limit: int) -> list[VideoJob]:
        wanted = {"owner": user, "most": limit}
        return [_job_of(row) for row in await self._transaction.all("video jobs", _PAGE, wanted)]

    async def hold_open(self, user: UserId) -> int:
        await self._transaction.queue_to_write()
        if await self._transaction.first("hold", _HOLD, {"owner": user}) is None:
            raise AccountNotFound(user)
        row = await self._transaction.first("count video jobs", _COUNT, {"owner": user})
        return 0 if row is None else int(row["open"])

    async def open(self) -> list[VideoJob]:
        return [_job_of(row) for row in await self._transaction.all("open video jobs", _EVERY)]

    async def change(self, job: VideoJob) -> bool:
        new = {
            "this": job.id,
            "owner": job.user,
            "new_state": job.state.value,
            "new_updated_at": job.updated_at,
            "new_job": _plain(job),
        }
        result = await self._transaction.write("change video job", _CHANGE, new)
        return result.rowcount == 1

    async def forget_before(self, moment: datetime) -> int:
        result = await self._transaction.write("forget video jobs", _FORGET, {"moment": moment})
        return result.rowcount


def _plain(job: VideoJob) -> Any:
    return storable(msgspec.to_builtins(job))


def _job_of(row: RowMapping) -> VideoJob:
    return msgspec.convert(row["job"], VideoJob)
