"""Batches of users in the table the contract names."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select, update

from adapters.sql.prepared import row_into
from adapters.sql.rows import batch_of, changed_batch_row, new_batch_row
from adapters.sql.tables.chat import batches
from adapters.sql.transaction import Transaction
from application.ports.batch_jobs import BatchJobs
from domain.batch import BatchJob, BatchPage, BatchStatus, BatchStep
from domain.batch_errors import BatchNotFound
from domain.ids import BatchId, UserId

_table = batches.c
_COLUMNS = tuple(name for name in _table.keys() if name != "id")  # noqa: SIM118 - no dictionary
_CHANGING = tuple(
    name
    for name in _COLUMNS
    if name
    not in (
        *("job_id", "customer_id", "provider", "model"),
        *("request_count", "created_at", "metadata"),
    )
)
_INSERT = row_into(batches, *_COLUMNS)
_ONE = select(batches).where(_table.job_id == bindparam("this"))
_MINE = _ONE.where(_table.customer_id == bindparam("owner"))
_SAVE = (
    update(batches)
    .where(_table.job_id == bindparam("this"))
    .values({name: bindparam(f"new_{name}", type_=_table[name].type) for name in _CHANGING})
)
_OWN = _table.customer_id == bindparam("owner")
_UNSETTLED = (
    select(_table.job_id)
    .where(_table.step != BatchStep.SETTLED.value)
    .order_by(_table.created_at, _table.id)
)
_KNOWN = (
    select(_table.id)
    .where(
        _table.provider_batch_id == bindparam("ticket"), _table.provider == bindparam("provider")
    )
    .limit(1)
)
_OUTDATED = (
    select(batches)
    .where(
        _table.results_url.is_not(None),
        _table.step == BatchStep.SETTLED.value,
        _table.expires_at <= bindparam("now"),
    )
    .order_by(_table.id)
    .limit(bindparam("most"))
)
_REQUESTED = select(func.coalesce(func.sum(_table.request_count), 0).label("requests")).where(
    _OWN, _table.created_at >= bindparam("since")
)


class SqlBatchJobs(BatchJobs):
    """Read and written inside a unit of work. The owner is part of every query that has one."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add(self, job: BatchJob) -> None:
        """Store a new job."""
        await self._transaction.run("add batch", _INSERT, new_batch_row(job), owner=job.owner)

    async def get(self, user: UserId, batch: BatchId) -> BatchJob:
        """Return a job of the user."""
        row = await self._transaction.first("find batch", _MINE, {"this": batch, "owner": user})
        if row is None:
            raise BatchNotFound(batch)
        return batch_of(row)

    async def page(
        self, user: UserId, status: BatchStatus | None, limit: int, offset: int
    ) -> BatchPage:
        """Return jobs of the user, newest first; of one status, or of any."""
        where = [_table.customer_id == user]
        if status is not None:
            where.append(_table.status == status.value)
        count = select(func.count().label("total")).select_from(batches).where(*where)
        some = (
            select(batches)
            .where(*where)
            .order_by(_table.created_at.desc(), _table.id.desc())
            .limit(limit)
            .offset(offset)
        )
        total = await self._transaction.first("count batches", count)
        rows = await self._transaction.all("list batches", some)
        return BatchPage(tuple(map(batch_of, rows)), 0 if total is None else total["total"])

    async def hold(self, batch: BatchId) -> BatchJob | None:
        """Return a job, whosever it is, and keep others from changing it until the end."""
        await self._transaction.queue_to_write()
        held = _ONE.with_for_update()
        row = await self._transaction.first("hold batch", held, {"this": batch})
        return None if row is None else batch_of(row)

    async def save(self, job: BatchJob) -> None:
        """Store a job that is held."""
        new: dict[str, Any] = {
            f"new_{name}": value for name, value in changed_batch_row(job).items()
        }
        await self._transaction.write("save batch", _SAVE, {"this": job.id, **new})

    async def unsettled(self, user: UserId | None = None) -> Sequence[BatchId]:
        """Return the jobs on which there is work to do, oldest first."""
        found = _UNSETTLED if user is None else _UNSETTLED.where(_OWN)
        wanted = None if user is None else {"owner": user}
        rows = await self._transaction.all("unsettled batches", found, wanted)
        return [BatchId(row["job_id"]) for row in rows]

    async def is_known(self, provider: str, ticket: str) -> bool:
        """Return whether a job has this batch of the provider's."""
        wanted = {"provider": provider, "ticket": ticket}
        return await self._transaction.first("find batch", _KNOWN, wanted) is not None

    async def outdated(self, now: datetime, limit: int) -> Sequence[BatchJob]:
        """Return settled jobs whose results are still kept but should be no longer."""
        wanted = {"now": now, "most": limit}
        return [batch_of(r) for r in await self._transaction.all("old batches", _OUTDATED, wanted)]

    async def requested(self, user: UserId, since: datetime) -> int:
        """Return how many requests the user's jobs hold that were made since a moment."""
        wanted = {"owner": user, "since": since}
        row = await self._transaction.first("count requests", _REQUESTED, wanted)
        return 0 if row is None else int(row["requests"])
