"""What every store of ordered clips promises."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from msgspec import structs

from adapters.memory.clock import ManualClock
from application.ports.unit_of_work import Stores, UnitOfWork
from domain.errors import AccountNotFound, AlreadyExists
from domain.ids import JobId, UserId
from domain.media import JobState, VideoJob, VideoTicket


@pytest.fixture
async def users(work: UnitOfWork) -> tuple[UserId, UserId]:
    async with work() as db:
        anna = (await db.accounts.add("anna", "hash", None)).id
        return anna, (await db.accounts.add("boris", "hash", None)).id


def job(clock: ManualClock, user: UserId, name: str = "j", **said: Any) -> VideoJob:
    now = clock.now()
    facts: dict[str, Any] = {
        "id": JobId(name),
        "user": user,
        "fingerprint": "f" * 64,
        "card": "sora-2",
        "provider": "openai",
        "settings": {"prompt": "🦉 at dusk", "cfg": 0.5},
        "seconds": 4.5,
        "cost_usd": 0.4,
        "poll_s": 5,
        "deadline_at": now + timedelta(seconds=240),
        "created_at": now,
        "updated_at": now,
    }
    return VideoJob(**facts | said)


async def add(work: UnitOfWork, *jobs: VideoJob) -> None:
    async with work() as db:
        for one in jobs:
            await db.video_jobs.add(one)


async def test_a_job_reads_back_as_it_was_added(
    work: UnitOfWork, clock: ManualClock, users: tuple[UserId, UserId]
) -> None:
    anna, boris = users
    added = job(clock, anna, ticket=VideoTicket("v1", "/way", 1), urls=("/files/1/a",), percent=3)
    await add(work, added)
    async with work() as db:
        assert await db.video_jobs.find(anna, added.id) == added
        assert await db.video_jobs.find(boris, added.id) is None
        assert await db.video_jobs.find(anna, JobId("J")) is None
        assert await db.video_jobs.find_of_anybody(added.id) == added
        assert await db.video_jobs.find_of_anybody(JobId("J")) is None


async def test_an_id_is_taken_once(
    work: UnitOfWork, clock: ManualClock, users: tuple[UserId, UserId]
) -> None:
    anna, boris = users
    await add(work, job(clock, anna))
    for owner in (anna, boris):
        with pytest.raises(AlreadyExists):
            await add(work, job(clock, owner))
    with pytest.raises(AccountNotFound):
        await add(work, job(clock, UserId(99), "other"))


async def test_jobs_are_listed_newest_first_and_picked_up_oldest_first(
    work: UnitOfWork, clock: ManualClock, users: tuple[UserId, UserId]
) -> None:
    anna, boris = users
    for number in range(3):
        await add(work, job(clock, anna, f"a{number}", state=JobState.RUNNING))
        await clock.advance(1)
    await add(work, job(clock, boris, "b"), job(clock, anna, "over", state=JobState.DONE))
    async with work() as db:
        assert [one.id for one in await db.video_jobs.page(anna, 3)] == ["over", "a2", "a1"]
        assert [one.id for one in await db.video_jobs.open()] == ["a0", "a1", "a2", "b"]
        assert await db.video_jobs.hold_open(anna) == 3
        with pytest.raises(AccountNotFound):
            await db.video_jobs.hold_open(UserId(99))


async def test_a_job_ends_once(
    work: UnitOfWork, clock: ManualClock, users: tuple[UserId, UserId]
) -> None:
    anna, boris = users
    begun = job(clock, anna)
    await add(work, begun)
    running = structs.replace(begun, state=JobState.RUNNING, percent=50)
    done = structs.replace(running, state=JobState.DONE, urls=("/files/1/a",))
    cancelled = structs.replace(running, state=JobState.CANCELLED)
    async with work() as db:
        assert not await db.video_jobs.change(structs.replace(running, user=boris))
        assert await db.video_jobs.change(running)
        assert await db.video_jobs.change(running), "the same again is no harm"
        assert await db.video_jobs.change(done)
        assert not await db.video_jobs.change(cancelled)
    async with work() as db:
        assert await db.video_jobs.find(anna, begun.id) == done
        assert not await db.video_jobs.change(job(clock, anna, "unknown"))


async def test_of_many_that_are_added_at_once_no_more_than_allowed_get_in(
    work: UnitOfWork, clock: ManualClock, users: tuple[UserId, UserId]
) -> None:
    anna, _ = users

    async def add_one(number: int) -> bool:
        async def block(db: Stores) -> bool:
            if await db.video_jobs.hold_open(anna) >= 2:
                return False
            await db.video_jobs.add(job(clock, anna, f"j{number}"))
            return True

        return await work.run(block)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(add_one(number)) for number in range(6)]
    assert sum(task.result() for task in tasks) == 2


async def test_closed_jobs_are_forgotten_some_day(
    work: UnitOfWork, clock: ManualClock, users: tuple[UserId, UserId]
) -> None:
    anna, _ = users
    await add(work, job(clock, anna, "open"), job(clock, anna, "old", state=JobState.FAILED))
    await clock.advance(10)
    await add(work, job(clock, anna, "new", state=JobState.DONE))
    async with work() as db:
        assert await db.video_jobs.forget_before(clock.now()) == 1
    async with work() as db:
        assert {one.id for one in await db.video_jobs.page(anna, 9)} == {"open", "new"}
