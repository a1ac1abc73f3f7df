"""What every store of usage promises."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from adapters.memory.clock import ManualClock
from application.chat.ledger import Ledger
from application.ports.unit_of_work import UnitOfWork
from application.usage.spending import Spending
from domain.catalog.card import ModelCard, Price
from domain.conversation.conversation import AnswerState
from domain.errors import AccountNotFound, SpendingCapReached
from domain.ids import TurnId, UserId
from domain.turn.ask import Ask, Record
from domain.turn.events import ModelChosen, TextDelta
from domain.turn.metering import Attempt, Metering, Usage
from domain.turn.prompt import Prompt, TextPart
from domain.turn.transcript import Transcript
from domain.usage import GroupBy, UsageRecord, UsageState, UsageSum

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
LONG_AGO, FAR_AHEAD = datetime(1, 1, 1, tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
NONE = TurnId("")
CENT = Prompt(
    ModelCard(id="m", provider="p", model="m", price=Price(0.0, 1.0)), (), max_tokens=10_000
)


@pytest.fixture
async def anna(work: UnitOfWork) -> UserId:
    async with work() as db:
        return (await db.accounts.add("anna", "hash", None)).id


@pytest.fixture
async def boris(work: UnitOfWork, anna: UserId) -> UserId:
    async with work() as db:
        return (await db.accounts.add("boris", "hash", None)).id


def settled(
    user: UserId,
    turn: str,
    *,
    at: datetime = NOON,
    model: str = "swift",
    provider: str = "acme",
    cost: int | None = 5,
) -> UsageRecord:
    return UsageRecord(
        turn=TurnId(turn),
        user=user,
        at=at,
        model=model,
        provider=provider,
        input_tokens=1000,
        cached_input_tokens=400,
        cache_written_tokens=30,
        output_tokens=200,
        reasoning_tokens=100,
        cost_micro_usd=cost,
    )


def reserved(user: UserId, turn: str, amount: int, at: datetime = NOON) -> UsageRecord:
    return UsageRecord(
        turn=TurnId(turn),
        user=user,
        at=at,
        model="swift",
        provider="acme",
        state=UsageState.RESERVED,
        reserved_micro_usd=amount,
    )


async def put(work: UnitOfWork, *records: UsageRecord) -> None:
    async with work() as db:
        for record in records:
            await db.usage.put(record)


async def spent(work: UnitOfWork, user: UserId, since: datetime = NOON) -> int:
    async with work() as db:
        return await db.usage.hold(user, since, NONE)


async def sums(
    work: UnitOfWork,
    user: UserId,
    by: GroupBy = "model",
    start: datetime = LONG_AGO,
    end: datetime = FAR_AHEAD,
) -> list[UsageSum]:
    async with work() as db:
        return await db.usage.sums(user, start, end, by)


async def test_sums_add_up_what_was_stored(work: UnitOfWork, anna: UserId) -> None:
    await put(work, settled(anna, "one"), settled(anna, "two", cost=7))
    assert await sums(work, anna) == [
        UsageSum(
            model="swift",
            provider="acme",
            answers=2,
            input_tokens=2000,
            cached_input_tokens=800,
            cache_written_tokens=60,
            output_tokens=400,
            reasoning_tokens=200,
            known_micro_usd=12,
        )
    ]


async def test_without_records_there_are_no_sums(work: UnitOfWork, anna: UserId) -> None:
    for by in ("day", "model", "provider"):
        assert await sums(work, anna, by) == []
    assert await spent(work, anna) == 0


async def test_costs_that_are_not_known_are_counted_apart(work: UnitOfWork, anna: UserId) -> None:
    await put(work, settled(anna, "one", cost=None), settled(anna, "two", cost=7))
    await put(work, settled(anna, "three", model="odd", cost=None))
    odd, swift = await sums(work, anna)
    assert (swift.cost_usd, swift.unpriced_answers) == (0.000007, 1)
    assert (odd.cost_usd, odd.unpriced_answers) == (None, 1)


async def test_groups_are_days_models_or_providers_in_order(work: UnitOfWork, anna: UserId) -> None:
    await put(
        work,
        settled(anna, "a", at=NOON + timedelta(days=1), model="Swift", provider="b"),
        settled(anna, "b", at=NOON.replace(hour=0), model="swift", provider="b"),
        settled(anna, "c", at=NOON.replace(hour=23, minute=59, second=59, microsecond=999999)),
        settled(anna, "d", at=NOON, provider="b"),
    )
    days = [(one.day, one.answers) for one in await sums(work, anna, "day")]
    assert days == [("2026-03-01", 3), ("2026-03-02", 1)]
    models = [(one.model, one.provider, one.answers) for one in await sums(work, anna, "model")]
    assert models == [("Swift", "b", 1), ("swift", "acme", 1), ("swift", "b", 2)]
    providers = [(one.provider, one.answers) for one in await sums(work, anna, "provider")]
    assert providers == [("acme", 1), ("b", 3)]
    assert {one.model for one in await sums(work, anna, "provider")} == {None}


async def test_both_ends_of_a_period_are_included(work: UnitOfWork, anna: UserId) -> None:
    tick = timedelta(microseconds=1)
    await put(
        work,
        settled(anna, "before", at=NOON - tick),
        settled(anna, "first", at=NOON),
        settled(anna, "last", at=NOON + tick),
        settled(anna, "after", at=NOON + 2 * tick),
    )
    (found,) = await sums(work, anna, start=NOON, end=NOON + tick)
    assert found.answers == 2


async def test_running_turns_are_in_no_sum_but_count_as_spent(
    work: UnitOfWork, anna: UserId
) -> None:
    await put(work, reserved(anna, "one", 100), settled(anna, "two"))
    assert [one.answers for one in await sums(work, anna)] == [1]
    assert await spent(work, anna) == 105


async def test_a_settled_turn_counts_with_its_cost_and_stays_at_its_moment(
    work: UnitOfWork, anna: UserId
) -> None:
    await put(work, reserved(anna, "one", 100))
    await put(work, settled(anna, "one", at=NOON + timedelta(days=1), model="other"))
    assert await spent(work, anna) == 5
    assert await spent(work, anna, NOON + timedelta(hours=1)) == 0
    (found,) = await sums(work, anna, "model")
    assert (found.model, found.output_tokens) == ("other", 200)


async def test_what_was_set_aside_counts_while_the_cost_is_not_known(
    work: UnitOfWork, anna: UserId
) -> None:
    await put(work, reserved(anna, "one", 100))
    await put(work, settled(anna, "one", cost=None))
    assert await spent(work, anna) == 100
    await put(work, settled(anna, "two", cost=None))
    assert await spent(work, anna) == 100


async def test_settling_twice_settles_once(work: UnitOfWork, anna: UserId) -> None:
    for _ in range(2):
        await put(work, settled(anna, "one"))
    await put(work, settled(anna, "two"), settled(anna, "two"))
    assert [one.answers for one in await sums(work, anna)] == [2]


async def test_a_turn_may_set_aside_another_amount(work: UnitOfWork, anna: UserId) -> None:
    await put(work, reserved(anna, "one", 100), reserved(anna, "two", 10))
    await put(work, reserved(anna, "one", 30))
    assert await spent(work, anna) == 40
    async with work() as db:
        assert await db.usage.hold(anna, NOON, TurnId("one")) == 10


async def test_a_turn_under_an_id_that_was_used_before_is_billed_beside_the_earlier_one(
    work: UnitOfWork, anna: UserId, boris: UserId
) -> None:
    await put(work, settled(anna, "one", at=NOON - timedelta(days=1)))
    async with work() as db:
        await db.usage.rename(boris, TurnId("one"), TurnId("his"))
        await db.usage.rename(anna, TurnId("unknown"), TurnId("none"))
        await db.usage.rename(anna, TurnId("one"), TurnId("earlier"))
        assert await db.usage.hold(anna, LONG_AGO, TurnId("one")) == 5
    await put(work, settled(anna, "one", cost=7))
    assert [one.known_micro_usd for one in await sums(work, anna, "day")] == [5, 7]
    assert await spent(work, anna) == 7


async def test_nobody_sees_what_others_use(work: UnitOfWork, anna: UserId, boris: UserId) -> None:
    await put(work, settled(anna, "one"), reserved(anna, "two", 100))
    assert await sums(work, boris) == []
    assert await spent(work, boris) == 0


async def test_the_greatest_counts_fit(work: UnitOfWork, anna: UserId) -> None:
    great = UsageRecord(
        turn=TurnId("t" * 36),
        user=anna,
        at=NOON,
        model="é" * 100,
        provider="p" * 100,
        input_tokens=2**53,
        cost_micro_usd=2**53,
    )
    await put(work, great)
    (found,) = await sums(work, anna)
    assert (found.input_tokens, found.known_micro_usd) == (2**53, 2**53)
    assert found.model == "é" * 100


async def test_the_usage_of_nobody_is_refused(work: UnitOfWork) -> None:
    nobody = UserId(4711)
    with pytest.raises(AccountNotFound):
        await put(work, settled(nobody, "one"))
    with pytest.raises(AccountNotFound):
        await spent(work, nobody)


@pytest.mark.parametrize("checkpoints", [0, 1])
async def test_an_answer_is_kept_with_what_it_took_and_settles_what_was_set_aside(
    work: UnitOfWork, anna: UserId, clock: ManualClock, checkpoints: int
) -> None:
    turn, ledger = TurnId("t-1"), Ledger(work, clock)
    metering = Metering(
        model="m",
        provider="p",
        usage=Usage(10, 20, 30, reasoning_tokens=5),
        cost_usd=0.00002,
        attempts=(Attempt("m", "p", "provider_overloaded"), Attempt("m", "p")),
        first_token_ms=7,
        total_ms=9,
    )
    transcript, chosen = Transcript(), ModelChosen("m", "p")
    transcript.add([TextDelta("Because")])
    record = Record()
    ask = Ask(user=anna, question=(TextPart("Why?"),), record=record)
    kept = await ledger.question(turn, ask, record)
    await Spending(work, clock, 1).reserve(anna, turn, CENT)
    assert await spent(work, anna, clock.now()) == 10_000
    for _ in range(checkpoints):
        kept = await ledger.answer(kept, transcript, chosen, AnswerState.RUNNING)
    for _ in range(2):
        kept = await ledger.answer(kept, transcript, chosen, AnswerState.COMPLETED, metering)
    assert await spent(work, anna, clock.now()) == 20
    async with work() as db:
        said = (await db.conversations.messages(anna, (kept.conversation,)))[kept.conversation]
    assert [message.usage for message in said] == [None, metering.told()]
    (found,) = await sums(work, anna)
    assert (found.answers, found.reasoning_tokens, found.known_micro_usd) == (1, 5, 20)


async def test_of_many_turns_at_once_only_those_are_let_in_that_the_cap_has_room_for(
    work: UnitOfWork, anna: UserId, boris: UserId, clock: ManualClock
) -> None:
    spending = Spending(work, clock, 0.05)
    outcomes: list[str] = []

    async def ask(number: int) -> None:
        try:
            await spending.reserve(anna, TurnId(str(number)), CENT)
        except SpendingCapReached:
            outcomes.append("refused")
        else:
            outcomes.append("let in")

    async with asyncio.TaskGroup() as tasks:
        for number in range(12):
            tasks.create_task(ask(number))
        tasks.create_task(spending.reserve(boris, TurnId("his"), CENT))
    assert sorted(outcomes) == ["let in"] * 5 + ["refused"] * 7
    assert await spent(work, anna, clock.now()) == 50_000
    assert await spent(work, boris, clock.now()) == 10_000
