"""What is promised of a batch: nothing lost, nothing doubled, nothing paid for twice."""

import asyncio
from datetime import timedelta

import pytest

from adapters.memory.clock import settle
from application.batch.submit import BatchRules
from domain.batch import (
    KEPT,
    BatchAnswer,
    BatchCounts,
    BatchEnded,
    BatchFault,
    BatchLimits,
    BatchResult,
    BatchRunning,
    BatchStatus,
    BatchStep,
)
from domain.batch_errors import TooManyBatchRequests
from domain.errors import (
    FeatureUnavailable,
    InvalidRequest,
    ModelCannot,
    NotConfigured,
    SpendingCapReached,
    UnknownModel,
)
from domain.provider_errors import (
    ProviderGarbled,
    ProviderOverloaded,
    ProviderRejected,
    ProviderTimeout,
    ProviderUnauthorized,
    ProviderUnavailable,
)
from domain.turn.prompt import ImagePart, Message
from domain.usage import UsageState
from tests.unit.batch_rig import Coming, Rig, request

FAULT = BatchResult(1, fault=BatchFault("failed", "invalid_request_error", "No such thing"))


@pytest.fixture
async def rig() -> Rig:
    return await Rig().open()


def texts(answers: list[BatchAnswer]) -> list[str]:
    return [answer.result.text for answer in answers]


async def test_answers_come_in_the_order_of_the_requests_whatever_the_provider_does(
    rig: Rig,
) -> None:
    rig.service.backwards, rig.service.missing = True, {3}
    rig.service.answers = {1: FAULT}
    job = await rig.to_its_end(await rig.sent(100))
    assert (job.status, job.counts) == (BatchStatus.COMPLETED, BatchCounts(98, 2))
    answers = await rig.answers(job)
    assert [answer.custom_id for answer in answers] == [f"id-{n}" for n in range(100)]
    assert answers[0].result.text == "Answer to Q0"
    assert [answers[n].result.fault.type for n in (1, 3)] == [  # type: ignore[union-attr]
        "invalid_request_error",
        "MissingResult",
    ]


async def test_it_is_billed_once_at_the_price_of_batches(rig: Rig) -> None:
    job = await rig.to_its_end(await rig.sent())
    bill = rig.bill(job)
    assert bill is not None
    assert (bill.state, bill.input_tokens, bill.output_tokens) == (UsageState.SETTLED, 3000, 300)
    # Half of 2 and 10 dollars for a million.
    assert bill.cost_micro_usd == 3000 * 1 + 300 * 5
    assert (bill.model, bill.provider) == ("swift-2026", "memory")


async def test_nothing_but_the_results_stays(rig: Rig) -> None:
    job = await rig.sent()
    assert rig.kept == ["requests.jsonl"]
    await rig.to_its_end(job)
    assert rig.kept == ["results.jsonl"]
    assert rig.service.cleared == ["memory-1"]


async def test_the_first_look_comes_after_five_seconds_and_then_every_ten(rig: Rig) -> None:
    rig.service.looks.extend([BatchRunning(BatchCounts(1)), BatchRunning()])
    job = await rig.sent()
    assert [await rig.step(job) for _ in range(3)] == [5.0, 10.0, 10.0]
    assert (await rig.job(job)).counts == BatchCounts(1)
    assert rig.service.asked == ["submit", "look", "look"]


async def test_several_models_have_their_own_prices(rig: Rig) -> None:
    rig.service._limits = BatchLimits(10, 10_000, one_model=False)
    requests = [request(0), request(1, model="other")]
    job = await rig.submit(rig.anna.id, Coming(requests))
    await rig.to_its_end(job)
    assert [prompt.card.id for prompt in rig.service.taken[0]] == ["swift", "other"]
    bill = rig.bill(job)
    assert bill is not None
    assert bill.cost_micro_usd is None, "of one model the price is not known"


# Ends


async def test_a_cancelled_job_stays_cancelled_when_its_answers_come_late(rig: Rig) -> None:
    job = await rig.sent()
    await rig.step(job)

    async def cancel_now(call: str) -> None:
        if call == "results":
            await rig.cancel(rig.anna.id, job.id)

    rig.service.after = cancel_now
    ended = await rig.to_its_end(job)
    assert ended.status is BatchStatus.CANCELLED
    assert texts(await rig.answers(ended)) == [f"Answer to Q{n}" for n in range(3)]
    bill = rig.bill(job)
    assert bill is not None
    assert bill.cost_micro_usd == 4500, "what was answered is paid for"


async def test_cancelling_reaches_the_provider_and_what_it_had_done_is_billed(rig: Rig) -> None:
    rig.service.looks.extend([BatchRunning(), BatchRunning(stopping=True)])
    rig.service.missing = {1, 2}
    job = await rig.sent()
    await rig.step(job)
    cancelled = await rig.cancel(rig.anna.id, job.id)
    assert (cancelled.status, cancelled.counts) == (BatchStatus.CANCELLED, BatchCounts(0, 0, 3))
    ended = await rig.to_its_end(job)
    assert rig.service.cancelled == ["memory-1"]
    assert ended.counts == BatchCounts(1, 0, 2)
    assert [a.result.outcome for a in await rig.answers(ended)] == [
        "succeeded",
        "cancelled",
        "cancelled",
    ]
    with pytest.raises(InvalidRequest, match="cancelled and cannot be cancelled"):
        await rig.cancel(rig.anna.id, job.id)


async def test_what_was_cancelled_before_it_was_handed_over_never_is(rig: Rig) -> None:
    job = await rig.sent()
    await rig.cancel(rig.anna.id, job.id)
    ended = await rig.to_its_end(job)
    assert (ended.status, rig.service.asked) == (BatchStatus.CANCELLED, [])
    bill = rig.bill(job)
    assert bill is not None
    assert bill.cost_micro_usd == 0
    assert rig.kept == []


async def test_what_is_not_answered_in_a_day_expires_and_is_stopped(rig: Rig) -> None:
    rig.service.looks.extend([BatchRunning(), BatchRunning(), BatchRunning(stopping=True)])
    job = await rig.sent()
    await rig.step(job)
    await rig.clock.advance(86_400)
    ended = await rig.to_its_end(job)
    assert (ended.status, ended.counts.expired + ended.counts.succeeded) == (
        BatchStatus.EXPIRED,
        3,
    )
    assert "24 hours" in (ended.error or "")
    assert rig.service.cancelled == ["memory-1"]
    with pytest.raises(InvalidRequest, match="it has no results"):
        await rig.answers(ended)
    assert rig.kept == []


async def test_what_the_provider_answered_before_time_ran_out_is_not_withheld(rig: Rig) -> None:
    rig.service.looks.append(BatchEnded(BatchStatus.EXPIRED))
    rig.service.missing = {2}
    ended = await rig.to_its_end(await rig.sent())
    assert (ended.status, ended.counts) == (BatchStatus.COMPLETED, BatchCounts(2, 0, 0, 1))
    rig.service.looks.append(BatchEnded(BatchStatus.EXPIRED))
    rig.service.missing = {0, 1, 2}
    nothing = await rig.to_its_end(await rig.sent())
    assert (nothing.status, nothing.counts) == (BatchStatus.EXPIRED, BatchCounts(0, 0, 0, 3))


async def test_a_batch_that_the_provider_fails_at_says_why(rig: Rig) -> None:
    rig.service.looks.append(BatchEnded(BatchStatus.FAILED, "memory refused the batch"))
    rig.service.missing = {0, 1, 2}
    ended = await rig.to_its_end(await rig.sent())
    assert (ended.status, ended.error) == (BatchStatus.FAILED, "memory refused the batch")
    assert ended.counts == BatchCounts(0, 3)
    assert ended.results_url is None


# Restarts


class Died(BaseException):
    """The process is killed."""


class Fuse:
    """Kills the process before or after the so-many-th thing that it does."""

    def __init__(self, at: int) -> None:
        self._left = at

        self.burnt = False

    def take_out(self) -> None:
        self._left = -1

    def __call__(self) -> None:
        self._left -= 1
        if self._left == -1:
            self.burnt = True
            raise Died


def fused(rig: Rig, fuse: Fuse) -> None:
    """Let the process die around every question to the provider and every write."""

    async def around(_: str) -> None:
        fuse()

    rig.service.before = rig.service.after = around
    run = type(rig.work).run
    put, delete = type(rig.files).put, type(rig.files).delete

    async def fused_run(block: object, *, repeatable: bool = False) -> object:
        fuse()
        found = await run(rig.work, block, repeatable=repeatable)  # type: ignore[arg-type]
        fuse()
        return found

    async def fused_put(*said: object) -> object:
        fuse()
        stored = await put(rig.files, *said)  # type: ignore[arg-type]
        fuse()
        return stored

    async def fused_delete(*said: object) -> None:
        fuse()
        await delete(rig.files, *said)  # type: ignore[arg-type]
        fuse()

    rig.work.run = fused_run  # type: ignore[method-assign,assignment]
    rig.files.put = fused_put  # type: ignore[method-assign,assignment]
    rig.files.delete = fused_delete  # type: ignore[method-assign,assignment]


async def test_a_process_that_dies_anywhere_loses_and_doubles_nothing() -> None:
    deaths = 0
    while True:
        rig = await Rig().open()
        job = await rig.sent()
        fuse = Fuse(deaths)
        fused(rig, fuse)
        try:
            await rig.to_its_end(job)
        except Died:
            rig.again()
        fuse.take_out()
        ended = await rig.to_its_end(job)
        assert len(rig.service.taken) == 1, f"handed over twice after death {deaths}"
        assert (ended.status, ended.counts) == (BatchStatus.COMPLETED, BatchCounts(3))
        assert texts(await rig.answers(ended)) == [f"Answer to Q{n}" for n in range(3)]
        bill = rig.bill(job)
        assert bill is not None
        assert bill.cost_micro_usd == 4500
        assert rig.kept == ["results.jsonl"]
        if not fuse.burnt:
            break
        deaths += 1
    assert deaths > 15, "there are that many places to die at"


async def test_a_next_process_goes_on_by_itself(rig: Rig) -> None:
    job = await rig.sent()
    await rig.step(job)
    rig.again()
    async with rig.going_on:
        await settle()
        await rig.going_on.over("batch", job.id)
    assert (await rig.job(job)).step is BatchStep.SETTLED
    assert len(rig.service.taken) == 1


async def test_a_batch_the_provider_took_without_saying_so_is_found(rig: Rig) -> None:
    async def silent(call: str) -> None:
        if call == "submit":
            rig.service.after = rig.service.before
            raise ProviderTimeout("memory", "memory did not answer in time")

    rig.service.after = silent
    job = await rig.to_its_end(await rig.sent())
    assert job.status is BatchStatus.COMPLETED
    assert (len(rig.service.taken), rig.service.asked.count("submit")) == (1, 1)


async def test_of_two_that_look_alike_each_job_gets_its_own(rig: Rig) -> None:
    first = await rig.sent()
    await rig.step(first)
    mine = rig.service.find

    async def any_of_this_size(order: object) -> object:
        found = await mine(order)  # type: ignore[arg-type]
        return [(await rig.job(first)).ticket, *found]

    rig.service.find = any_of_this_size  # type: ignore[method-assign,assignment]
    second = await rig.sent()

    async def die(call: str) -> None:
        if call == "submit":
            rig.service.after = rig.service.before
            raise Died

    rig.service.after = die
    with pytest.raises(Died):
        await rig.step(second)
    rig.again()
    ended = await rig.to_its_end(second)
    assert ended.ticket is not None
    assert ended.ticket.id == "memory-2"


# Failures


@pytest.mark.parametrize(
    ("error", "wait_s"),
    [
        (ProviderOverloaded("memory", "Slow down", 42), 42),
        (ProviderUnavailable("memory", "Oh dear"), 10),
        (ProviderGarbled("memory", "What?"), 10),
    ],
)
@pytest.mark.parametrize("call", ["submit", "look", "results"])
async def test_a_failure_that_may_pass_is_waited_for(
    rig: Rig, call: str, error: Exception, wait_s: float
) -> None:
    async def fail(asked: str) -> None:
        if asked == call:
            rig.service.before = rig.service.after
            raise error

    rig.service.before = fail
    job = await rig.sent()
    waits = []
    while (wait := await rig.step(job)) is not None:
        waits.append(wait)
        await rig.clock.advance(wait)
    assert wait_s in waits
    assert (await rig.job(job)).status is BatchStatus.COMPLETED
    assert len(rig.service.taken) == 1


@pytest.mark.parametrize(
    "error", [ProviderUnauthorized("memory", "no"), ProviderRejected("memory", "no")]
)
async def test_a_refusal_is_the_end_and_costs_nothing(rig: Rig, error: Exception) -> None:
    async def refuse(_: str) -> None:
        raise error

    rig.service.before = refuse
    job = await rig.to_its_end(await rig.sent())
    assert (job.status, job.error, job.counts) == (BatchStatus.FAILED, "no", BatchCounts(0, 3))
    bill = rig.bill(job)
    assert bill is not None
    assert bill.cost_micro_usd == 0


async def test_a_key_that_is_being_changed_does_not_lose_a_running_batch(rig: Rig) -> None:
    job = await rig.sent()
    await rig.step(job)

    async def refuse(_: str) -> None:
        raise ProviderUnauthorized("memory", "no")

    rig.service.before = refuse
    assert [await rig.step(job) for _ in range(3)] == [10.0, 20.0, 40.0]
    rig.service.before = rig.service.after
    assert (await rig.to_its_end(job)).status is BatchStatus.COMPLETED


async def test_answers_that_cannot_be_read_are_given_up_and_their_price_is_not_known(
    rig: Rig,
) -> None:
    rig.service.answers = {0: BatchResult(99)}
    job = await rig.to_its_end(await rig.sent())
    assert job.status is BatchStatus.FAILED
    bill = rig.bill(job)
    assert bill is not None
    assert (bill.cost_micro_usd, rig.kept) == (None, [])


async def test_a_provider_that_stays_away_does_not_keep_a_job_for_ever(rig: Rig) -> None:
    async def away(_: str) -> None:
        raise ProviderUnavailable("memory", "Oh dear")

    job = await rig.sent()
    await rig.step(job)
    rig.service.before = away
    while (await rig.step(job)) is not None:
        await rig.clock.advance(3600)
    ended = await rig.job(job)
    assert (ended.status, ended.step) == (BatchStatus.EXPIRED, BatchStep.SETTLED)
    assert rig.clock.now() - ended.created_at < timedelta(hours=52)


async def test_storage_that_is_away_is_waited_for(rig: Rig) -> None:
    job = await rig.sent()
    rig.work.fail_next()
    assert await rig.step(job) == 5.0
    rig.files.away = True
    assert await rig.step(job) == 5.0
    rig.files.away = False
    assert (await rig.to_its_end(job)).status is BatchStatus.COMPLETED


# What is taken on


@pytest.mark.parametrize(
    ("requests", "model", "error", "words"),
    [
        ([request(0)], "nobody", UnknownModel, "Unknown model"),
        ([request(0)], "plain", ModelCannot, "Models that can: swift, other"),
        ([request(n) for n in range(101)], "swift", InvalidRequest, "101 requests are too many"),
        ([request(0, model="other")], "swift", InvalidRequest, r"requests\[0\] names model"),
        ([request(0, system="x"), request(1, model="nobody")], "swift", UnknownModel, "nobody"),
        (
            [request(0), request(1, messages=(Message("user", (ImagePart("https://e/x.png"),)),))],
            "swift",
            InvalidRequest,
            r"requests\[1\]: its attachments must be data URLs",
        ),
    ],
)
async def test_what_makes_no_sense_leaves_nothing(
    rig: Rig, requests: list[object], model: str, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        await rig.submit(rig.anna.id, Coming(requests, model))  # type: ignore[arg-type]
    await left_nothing(rig)


async def left_nothing(rig: Rig) -> None:
    assert rig.kept == []
    async with rig.work() as db:
        assert (await db.batches.page(rig.anna.id, None, 1, 0)).total == 0
    assert rig.work._shelf.committed.usage == {}


async def test_larger_than_the_provider_takes(rig: Rig) -> None:
    rig.service._limits = BatchLimits(10, 100)
    with pytest.raises(InvalidRequest, match="larger than the 0 MB that memory takes"):
        await rig.sent()
    await left_nothing(rig)


async def test_without_a_key_it_is_told_at_once(rig: Rig) -> None:
    rig.service.key = None
    with pytest.raises(NotConfigured, match="MEMORY_API_KEY"):
        await rig.sent()
    await left_nothing(rig)


async def test_the_cap_counts_what_a_batch_may_cost_before_it_is_handed_over() -> None:
    # Three answers of 4096 tokens at 5 dollars a million, and next to nothing for the questions.
    rig = await Rig(cap_usd=0.1).open()
    first = await rig.sent()
    bill = rig.bill(first)
    assert bill is not None
    assert bill.state is UsageState.RESERVED
    assert bill.reserved_micro_usd == pytest.approx(61_440 + 3, abs=3)
    with pytest.raises(SpendingCapReached):
        await rig.sent()
    assert rig.kept == ["requests.jsonl"]
    await rig.to_its_end(first)
    await rig.sent()


async def test_a_user_may_send_so_many_a_day() -> None:
    rig = await Rig(rules=BatchRules(requests_a_day=5)).open()
    await rig.sent(3)
    with pytest.raises(TooManyBatchRequests, match="3 of 5 requests a day") as refused:
        await rig.sent(3)
    assert refused.value.retry_after_s == 86_400
    await rig.clock.advance(86_400)
    await rig.sent(3)


async def test_two_at_once_do_not_see_the_same_room() -> None:
    rig = await Rig(rules=BatchRules(requests_a_day=5)).open()
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(refused_or(rig)) for _ in range(2)]
    assert sorted(task.result() for task in tasks) == ["refused", "sent"]


async def refused_or(rig: Rig) -> str:
    try:
        await rig.sent(3)
    except TooManyBatchRequests:
        return "refused"
    return "sent"


async def test_the_operator_may_switch_it_off() -> None:
    rig = await Rig(rules=BatchRules(enabled=False)).open()
    with pytest.raises(FeatureUnavailable, match="batch API"):
        await rig.sent()


# The end of all of it


async def test_results_are_thrown_away_after_29_days(rig: Rig) -> None:
    job = await rig.to_its_end(await rig.sent())
    await rig.clock.advance(KEPT.total_seconds() - 60)
    assert await rig.drop.step("all") == 3600
    assert rig.kept == ["results.jsonl"]
    await rig.clock.advance(60)
    with pytest.raises(InvalidRequest, match="have expired"):
        await rig.answers(job)
    await rig.drop.step("all")
    assert rig.kept == []
    assert (await rig.job(job)).results_url is None


@pytest.mark.parametrize("steps", [0, 1])
async def test_an_account_that_ends_stops_its_batches(rig: Rig, steps: int) -> None:
    job = await rig.sent()
    for _ in range(steps):
        await rig.step(job)
    await rig.forget.forget(rig.anna)
    assert rig.service.cancelled == ["memory-1"] * steps
    assert rig.service.cleared == ["memory-1"] * steps


async def test_an_account_ends_although_a_provider_is_away(rig: Rig) -> None:
    job = await rig.sent()
    await rig.step(job)

    async def away(_: str) -> None:
        raise ProviderUnavailable("memory", "Oh dear")

    rig.service.before = away
    await rig.forget.forget(rig.anna)


async def test_an_account_that_ends_while_a_batch_is_being_handed_over(rig: Rig) -> None:
    job = await rig.sent()

    async def die(call: str) -> None:
        if call == "submit":
            rig.service.after = rig.service.before
            raise Died

    rig.service.after = die
    with pytest.raises(Died):
        await rig.step(job)
    await rig.forget.forget(rig.anna)
    assert rig.service.cancelled == ["memory-1"]
