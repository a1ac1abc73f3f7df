"""Batches of users: kept as they are, changed by one at a time, seen by their owner only."""

from datetime import datetime, timedelta

import pytest
from msgspec import structs

from adapters.memory.clock import ManualClock
from application.ports.unit_of_work import UnitOfWork
from domain.batch import (
    BatchCounts,
    BatchJob,
    BatchPage,
    BatchStatus,
    BatchStep,
    BatchTicket,
    batch_id,
)
from domain.batch_errors import BatchNotFound
from domain.errors import AccountNotFound, AlreadyExists
from domain.ids import BatchId, UserId


@pytest.fixture
async def anna(work: UnitOfWork) -> UserId:
    async with work() as db:
        return (await db.accounts.add("anna", "hash", None)).id


@pytest.fixture
async def boris(work: UnitOfWork) -> UserId:
    async with work() as db:
        return (await db.accounts.add("boris", "hash", None)).id


def job_of(owner: UserId, at: datetime, number: int = 1, **said: object) -> BatchJob:
    made = BatchJob(
        id=batch_id(at, f"{number:032x}"),
        owner=owner,
        provider="openai",
        model="gpt-4o-mini",
        requests=3,
        created_at=at,
        description="Grüße \N{CAT FACE}",
    )
    return structs.replace(made, **said)


async def added(work: UnitOfWork, *jobs: BatchJob) -> None:
    async with work() as db:
        for job in jobs:
            await db.batches.add(job)


async def saved(work: UnitOfWork, job: BatchJob) -> None:
    async with work() as db:
        assert await db.batches.hold(job.id) is not None
        await db.batches.save(job)


async def listed(work: UnitOfWork, user: UserId, status: BatchStatus | None = None) -> BatchPage:
    async with work() as db:
        return await db.batches.page(user, status, 20, 0)


async def test_a_job_comes_back_as_it_was_stored(
    work: UnitOfWork, anna: UserId, clock: ManualClock
) -> None:
    job = job_of(anna, clock.now())
    await added(work, job)
    async with work() as db:
        assert await db.batches.get(anna, job.id) == job
    grown = structs.replace(
        job,
        status=BatchStatus.COMPLETED,
        step=BatchStep.COLLECTED,
        counts=BatchCounts(1, 1, 1, 0),
        started_at=clock.now() + timedelta(microseconds=7),
        completed_at=clock.now() + timedelta(seconds=9),
        expires_at=clock.now() + timedelta(days=29),
        results_url="/somewhere",
        error="half of it",
        ticket=BatchTicket("batch_1", "file_1", 2),
    )
    await saved(work, grown)
    async with work() as db:
        assert await db.batches.get(anna, job.id) == grown


async def test_the_newest_come_first_and_all_are_counted(
    work: UnitOfWork, anna: UserId, boris: UserId, clock: ManualClock
) -> None:
    jobs = [job_of(anna, clock.now() + timedelta(hours=n // 2), n) for n in range(5)]
    await added(work, *jobs, job_of(boris, clock.now(), 9))
    await saved(work, structs.replace(jobs[2], status=BatchStatus.FAILED))
    async with work() as db:
        page = await db.batches.page(anna, None, 2, 1)
    assert ([job.id for job in page.jobs], page.total) == ([jobs[3].id, jobs[2].id], 5)
    failed = await listed(work, anna, BatchStatus.FAILED)
    assert ([job.id for job in failed.jobs], failed.total) == ([jobs[2].id], 1)


async def test_another_users_job_is_none(
    work: UnitOfWork, anna: UserId, boris: UserId, clock: ManualClock
) -> None:
    job = job_of(anna, clock.now())
    await added(work, job)
    for user, batch in ((boris, job.id), (anna, BatchId("batch_none"))):
        with pytest.raises(BatchNotFound, match="Batch job not found"):
            async with work() as db:
                await db.batches.get(user, batch)
    assert (await listed(work, boris)).total == 0
    async with work() as db:
        assert await db.batches.hold(BatchId("batch_none")) is None


async def test_what_is_left_to_do(work: UnitOfWork, anna: UserId, clock: ManualClock) -> None:
    jobs = [job_of(anna, clock.now() + timedelta(hours=n), n) for n in range(3)]
    await added(work, *jobs)
    await saved(work, structs.replace(jobs[1], step=BatchStep.SETTLED))
    async with work() as db:
        assert await db.batches.unsettled() == [jobs[0].id, jobs[2].id]
        assert await db.batches.unsettled(anna) == [jobs[0].id, jobs[2].id]
        assert await db.batches.unsettled(UserId(anna + 99)) == []


async def test_results_are_outdated_once_their_time_is_over(
    work: UnitOfWork, anna: UserId, clock: ManualClock
) -> None:
    now = clock.now()
    old = job_of(
        anna, now, 1, step=BatchStep.SETTLED, results_url="/r", expires_at=now - timedelta(1)
    )
    fresh = structs.replace(old, id=BatchId("batch_fresh"), expires_at=now + timedelta(1))
    without = structs.replace(old, id=BatchId("batch_without"), results_url=None)
    await added(work, old, fresh, without)
    async with work() as db:
        assert [job.id for job in await db.batches.outdated(now, 10)] == [old.id]


async def test_the_days_requests_are_counted(
    work: UnitOfWork, anna: UserId, boris: UserId, clock: ManualClock
) -> None:
    now = clock.now()
    await added(
        work,
        job_of(anna, now, 1),
        job_of(anna, now - timedelta(seconds=1), 2),
        job_of(anna, now + timedelta(hours=1), 3, requests=50_000),
        job_of(boris, now, 4),
    )
    async with work() as db:
        assert await db.batches.requested(anna, now) == 50_003


async def test_a_job_needs_an_owner_and_an_id_of_its_own(
    work: UnitOfWork, anna: UserId, clock: ManualClock
) -> None:
    with pytest.raises(AccountNotFound):
        await added(work, job_of(UserId(4711), clock.now()))
    await added(work, job_of(anna, clock.now()))
    with pytest.raises(AlreadyExists):
        await added(work, job_of(anna, clock.now()))


async def test_a_removed_account_takes_its_jobs_along(
    work: UnitOfWork, anna: UserId, clock: ManualClock
) -> None:
    await added(work, job_of(anna, clock.now()))
    async with work() as db:
        await db.accounts.remove(anna)
    async with work() as db:
        assert await db.batches.unsettled() == []
