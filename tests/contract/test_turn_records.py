"""What every store of turns promises."""

import asyncio
from datetime import datetime, timedelta

import pytest
from msgspec import structs

from adapters.memory.clock import ManualClock
from application.ports.unit_of_work import UnitOfWork
from domain.conversation.conversation import AnswerState
from domain.errors import AccountNotFound, AlreadyExists
from domain.ids import ConversationId, MessageId, TurnId, UserId
from domain.turn.record import TurnRecord


@pytest.fixture
async def anna(work: UnitOfWork) -> UserId:
    async with work() as db:
        return (await db.accounts.add("anna", "hash", None)).id


def record(user: UserId, turn: str, started_at: datetime) -> TurnRecord:
    return TurnRecord(
        turn=TurnId(turn),
        user=user,
        fingerprint="f" * 64,
        conversation=ConversationId("c"),
        question=MessageId(7),
        started_at=started_at,
    )


async def store(work: UnitOfWork, *records: TurnRecord) -> None:
    async with work() as db:
        for one in records:
            await db.turns.add(one)


async def test_a_record_reads_back_as_it_was_added(
    work: UnitOfWork, anna: UserId, clock: ManualClock
) -> None:
    one = record(anna, "one", clock.now() + timedelta(microseconds=123456))
    await store(work, one)
    async with work() as db:
        assert await db.turns.find(one.turn) == one
        assert await db.turns.find(TurnId("ONE")) is None
        assert await db.turns.find(TurnId("two")) is None


async def test_a_turn_that_is_not_kept_has_a_record_too(
    work: UnitOfWork, anna: UserId, clock: ManualClock
) -> None:
    one = TurnRecord(turn=TurnId("one"), user=anna, fingerprint="f" * 64, started_at=clock.now())
    await store(work, one)
    async with work() as db:
        assert await db.turns.find(one.turn) == one
        assert await db.turns.running() == [one]
        await db.turns.forget(one.turn)
        await db.turns.forget(TurnId("unknown"))
    async with work() as db:
        assert await db.turns.find(one.turn) is None


async def test_state_and_answer_change_together(
    work: UnitOfWork, anna: UserId, clock: ManualClock
) -> None:
    one = record(anna, "one", clock.now())
    await store(work, one)
    async with work() as db:
        await db.turns.update(one.turn, AnswerState.CANCELLED, MessageId(8))
        await db.turns.update(TurnId("unknown"), AnswerState.FAILED, None)
    async with work() as db:
        found = await db.turns.find(one.turn)
        assert found is not None
        assert (found.state, found.answer) == (AnswerState.CANCELLED, 8)
        assert await db.turns.find(TurnId("unknown")) is None


async def test_running_records_come_oldest_first(
    work: UnitOfWork, anna: UserId, clock: ManualClock
) -> None:
    late = record(anna, "late", clock.now() + timedelta(seconds=1))
    early = record(anna, "early", clock.now())
    ended = record(anna, "ended", clock.now())
    await store(work, late, early, ended)
    async with work() as db:
        await db.turns.update(ended.turn, AnswerState.COMPLETED, None)
        assert await db.turns.running() == [early, late]


async def test_running_records_of_one_conversation(
    work: UnitOfWork, anna: UserId, clock: ManualClock
) -> None:
    here, ended = record(anna, "here", clock.now()), record(anna, "ended", clock.now())
    there = structs.replace(record(anna, "there", clock.now()), conversation=ConversationId("x"))
    await store(work, here, ended, there)
    async with work() as db:
        await db.turns.update(ended.turn, AnswerState.COMPLETED, None)
        assert await db.turns.running_in(anna, here.conversation) == [here]
        assert await db.turns.running_in(UserId(anna + 1), here.conversation) == []


async def test_only_ended_records_of_before_are_forgotten(
    work: UnitOfWork, anna: UserId, clock: ManualClock
) -> None:
    now = clock.now()
    old, running, recent = (
        record(anna, "old", now - timedelta(hours=2)),
        record(anna, "running", now - timedelta(hours=2)),
        record(anna, "recent", now - timedelta(hours=1)),
    )
    await store(work, old, running, recent)
    async with work() as db:
        for one in (old, recent):
            await db.turns.update(one.turn, AnswerState.INTERRUPTED, None)
        assert await db.turns.forget_before(now - timedelta(hours=1)) == 1
        assert await db.turns.forget_before(now - timedelta(hours=1)) == 0
    async with work() as db:
        assert await db.turns.find(old.turn) is None
        assert await db.turns.find(recent.turn) is not None
        assert await db.turns.running() == [running]


async def test_a_turn_is_recorded_once(work: UnitOfWork, anna: UserId, clock: ManualClock) -> None:
    one = record(anna, "one", clock.now())
    await store(work, one)
    with pytest.raises(AlreadyExists):
        await store(work, one)


async def test_of_equal_turns_at_once_exactly_one_is_recorded(
    work: UnitOfWork, anna: UserId, clock: ManualClock
) -> None:
    one = record(anna, "one", clock.now())
    outcomes: list[str] = []

    async def try_it() -> None:
        try:
            await store(work, one)
        except AlreadyExists:
            outcomes.append("refused")
        else:
            outcomes.append("stored")

    async with asyncio.TaskGroup() as tasks:
        for _ in range(2):
            tasks.create_task(try_it())
    assert sorted(outcomes) == ["refused", "stored"]


async def test_a_turn_of_nobody_is_refused(work: UnitOfWork, clock: ManualClock) -> None:
    with pytest.raises(AccountNotFound):
        await store(work, record(UserId(4711), "one", clock.now()))
