"""Starting turns, asking twice, limits, and reading what they say."""

import asyncio

import pytest

from adapters.memory.clock import settle
from application.chat.turn_limits import TurnLimits
from domain.conversation.conversation import AnswerState
from domain.errors import QuestionDiffers, TooManyTurns, TurnNotFound
from domain.ids import TurnId
from domain.storage_errors import StorageUnavailable
from domain.turn.ask import Record
from domain.turn.entries import Entry
from domain.turn.errors import EventsForgotten, ShuttingDown, TurnInterrupted
from domain.turn.events import (
    AnswerWritten,
    ModelChosen,
    ModelStopped,
    TextDelta,
    ThinkingDelta,
    TurnCompleted,
    TurnFailed,
    TurnStarted,
)
from domain.turn.metering import Attempt, Metering, Usage
from tests.unit.rig import ANNA, BORIS, KEPT, Rig, question, said, text_of

BILL = Metering(
    model="swift-2-latest",
    provider="acme",
    attempts=(Attempt("swift-2-latest", "acme"),),
    first_token_ms=0,
)
RARELY = TurnLimits(drain_s=0, watch_s=3600, sweep_s=600, accounts_s=3600, save_late_s=600)
"""For days to pass in few steps."""


async def test_turns_of_an_account_that_another_process_deletes_are_stopped() -> None:
    async with Rig([*said("Half"), asyncio.Event()], [*said("On"), asyncio.Event()]) as rig:
        of_anna, of_boris = await rig.start(), await rig.start(question(user=BORIS))
        await rig.clock.advance(10)
        assert not await rig.turns.ended(of_anna)
        async with rig.store() as db:
            await db.accounts.remove(ANNA)
        rig.store.fail_next()
        await rig.clock.advance(3)
        assert not await rig.turns.ended(of_anna)
        await rig.clock.advance(3)
        ending = await rig.ending(of_anna)
        assert isinstance(ending, TurnFailed)
        assert (ending.code, ending.saved) == ("deleted", None)
        assert not await rig.turns.ended(of_boris)
        assert rig.model.closed_early == 1


async def test_a_turn_says_who_answers_what_and_how_it_ended() -> None:
    async with Rig([ThinkingDelta("Hm."), *said("Be", "cause")]) as rig:
        entries = await rig.heard(await rig.start())
    assert [entry.event for entry in entries][:-1] == [
        TurnStarted(),
        ModelChosen("swift-2-latest", "acme"),
        ThinkingDelta("Hm."),
        TextDelta("Be"),
        TextDelta("cause"),
        AnswerWritten("Because", "stop", BILL),
    ]
    assert isinstance(entries[-1].event, TurnCompleted)
    assert [entry.seq for entry in entries] == list(range(1, 8))
    assert [entry.chunk for entry in entries] == [0, 0, 1, 2, 3, 3, 3]


async def test_the_question_is_stored_when_start_returns() -> None:
    async with Rig([asyncio.Event()]) as rig:
        turn = (await rig.turns.start(question("Why?"))).turn
        assert [row.message for row in await rig.rows(turn)] == ["Why?"]


async def test_equal_questions_at_once_run_once() -> None:
    async with Rig(said("Once")) as rig:
        asks = (rig.turns.start(question(key="k")) for _ in range(20))
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(ask) for ask in asks]
        started = [task.result() for task in tasks]
        assert len({one.turn for one in started}) == 1
        assert sum(one.fresh for one in started) == 1
        assert text_of(await rig.heard(started[0].turn)) == "Once"
        assert len(await rig.rows(started[0].turn)) == 2
    rig.model.assert_played()


async def test_equal_questions_of_two_users_are_two_turns() -> None:
    async with Rig(said("For Anna"), said("For Boris")) as rig:
        first = await rig.start(question(key="k"))
        second = await rig.start(question(key="k", user=BORIS))
        assert text_of(await rig.heard(first)) == "For Anna"
        assert text_of(await rig.heard(second, user=BORIS)) == "For Boris"


async def test_questions_without_a_key_are_never_the_same() -> None:
    async with Rig(said("One"), said("Two")) as rig:
        assert await rig.start() != await rig.start()


@pytest.mark.parametrize("ended", [True, False])
async def test_the_same_key_with_another_question_is_refused(ended: bool) -> None:
    async with Rig(said("So") if ended else [asyncio.Event()]) as rig:
        await rig.start(question("Why?", key="k"))
        with pytest.raises(QuestionDiffers):
            await rig.turns.start(question("How?", key="k"))


async def test_of_two_questions_under_one_key_at_once_one_is_refused() -> None:
    async with Rig(said("So")) as rig:
        first = asyncio.create_task(rig.turns.start(question("Why?", key="k")))
        second = asyncio.create_task(rig.turns.start(question("How?", key="k")))
        assert (await first).fresh
        with pytest.raises(QuestionDiffers):
            await second


async def test_asking_again_after_the_end_finds_the_ended_turn() -> None:
    async with Rig(said("So")) as rig:
        turn = await rig.start(question(key="k"))
        again = await rig.turns.start(question(key="k"))
        assert (again.turn, again.fresh) == (turn, False)
        assert await rig.turns.ended(turn)
        assert text_of(await rig.heard(turn)) == "So"


async def test_after_a_restart_an_ended_turn_is_known_but_its_events_are_not() -> None:
    async with Rig(said("So")) as first:
        turn = await first.start(question(key="k"))
    async with Rig(after=first) as rig:
        again = await rig.turns.start(question(key="k"))
        assert (again.turn, again.fresh) == (turn, False)
        assert await rig.turns.ended(turn)
        with pytest.raises(EventsForgotten):
            await rig.heard(turn)
        with pytest.raises(EventsForgotten):
            await rig.turns.so_far(ANNA, turn)
        with pytest.raises(QuestionDiffers):
            await rig.turns.start(question("How?", key="k"))


async def test_after_a_crash_a_running_turn_is_interrupted_and_keeps_its_text() -> None:
    gate = asyncio.Event()
    async with Rig([*said("Half"), gate]) as crashed:
        turn = await crashed.start(question(key="k"))
        await crashed.clock.advance(2)
        # The next process begins on what this one leaves: it does not get to end the turn.
        async with Rig(after=crashed) as rig:
            assert await rig.recover() == 1
            assert [row.message for row in await rig.rows(turn)] == ["Why?", "Half"]
            assert (await rig.rows(turn))[1].state is AnswerState.INTERRUPTED
            again = await rig.turns.start(question(key="k"))
            assert (again.turn, again.fresh) == (turn, False)
            with pytest.raises(TurnInterrupted):
                await rig.heard(turn)
            await rig.turns.cancel(ANNA, turn)
            assert await rig.recover() == 0


async def test_a_turn_whose_process_died_is_interrupted_even_before_recovery() -> None:
    async with Rig([asyncio.Event()]) as crashed:
        turn = await crashed.start()
        async with Rig(after=crashed) as rig:
            with pytest.raises(TurnInterrupted):
                await rig.heard(turn)


async def test_a_user_may_have_so_many_running_turns_and_no_more() -> None:
    gate = asyncio.Event()
    limits = TurnLimits(per_user=2, drain_s=0)
    async with Rig([gate], [gate], [gate], said("Again"), limits=limits) as rig:
        turns = [await rig.start(), await rig.start()]
        with pytest.raises(TooManyTurns):
            await rig.turns.start(question())
        await rig.start(question(user=BORIS))
        assert {header.turn for header in await rig.turns.running(ANNA)} == set(turns)
        gate.set()
        await rig.ending(turns[0])
        await settle()
        assert text_of(await rig.heard(await rig.start())) == "Again"


async def test_of_many_questions_at_once_only_as_many_as_allowed_begin() -> None:
    gate = asyncio.Event()
    async with Rig(*([gate] for _ in range(3)), limits=TurnLimits(per_user=3, drain_s=0)) as rig:
        tasks = [asyncio.create_task(rig.turns.start(question())) for _ in range(9)]
        await asyncio.wait(tasks)
        assert sum(task.exception() is None for task in tasks) == 3
        assert len(await rig.turns.running(ANNA)) == 3


async def test_a_refused_turn_can_be_asked_again_under_its_key() -> None:
    gate = asyncio.Event()
    async with Rig([gate], said("Later"), limits=TurnLimits(per_user=1, drain_s=0)) as rig:
        turn = await rig.start()
        with pytest.raises(TooManyTurns):
            await rig.turns.start(question(key="k"))
        gate.set()
        await rig.ending(turn)
        await settle()
        assert text_of(await rig.heard(await rig.start(question(key="k")))) == "Later"


async def test_what_belongs_to_somebody_else_is_not_there() -> None:
    async with Rig([asyncio.Event()]) as rig:
        turn = await rig.start()
        for attempt in (
            rig.heard(turn, user=BORIS),
            rig.turns.so_far(BORIS, turn),
            rig.turns.cancel(BORIS, turn),
            rig.heard(TurnId("unknown")),
            rig.turns.cancel(ANNA, TurnId("unknown")),
        ):
            with pytest.raises(TurnNotFound):
                await attempt
        assert await rig.turns.running(BORIS) == []
        assert len(await rig.turns.running(ANNA)) == 1


async def test_somebody_elses_recorded_turn_is_not_there_either() -> None:
    async with Rig(said("So")) as first:
        turn = await first.start()
    async with Rig(after=first) as rig:
        with pytest.raises(TurnNotFound):
            await rig.heard(turn, user=BORIS)


async def test_without_storage_nothing_is_begun_and_the_key_stays_free() -> None:
    async with Rig(said("Now")) as rig:
        rig.store.away = True
        with pytest.raises(StorageUnavailable):
            await rig.turns.start(question(key="k"))
        assert await rig.turns.running(ANNA) == []
        rig.store.away = False
        again = await rig.turns.start(question(key="k"))
        assert again.fresh
        assert text_of(await rig.heard(again.turn)) == "Now"


async def test_all_who_wait_for_one_start_hear_that_it_failed() -> None:
    async with Rig() as rig:
        rig.store.away = True
        tasks = [asyncio.create_task(rig.turns.start(question(key="k"))) for _ in range(3)]
        await asyncio.wait(tasks)
        rig.store.away = False
        assert all(isinstance(task.exception(), StorageUnavailable) for task in tasks)


async def test_a_caller_that_goes_away_does_not_stop_what_it_started() -> None:
    async with Rig(said("Still", "here")) as rig:
        starting = asyncio.create_task(rig.turns.start(question(key="k")))
        await asyncio.sleep(0)
        starting.cancel()
        await asyncio.wait({starting})
        await settle()
        turn = await rig.start(question(key="k"))
        assert text_of(await rig.heard(turn)) == "Stillhere"


async def test_readers_see_the_same_events_at_their_own_pace() -> None:
    gate = asyncio.Event()
    async with Rig([*said("One", "Two"), gate, *said("Three")]) as rig:
        turn = await rig.start()
        early = asyncio.create_task(rig.heard(turn))
        await settle()
        second = asyncio.create_task(rig.heard(turn))
        gone = asyncio.create_task(rig.heard(turn))
        await settle()
        gone.cancel()
        gate.set()
        heard = [await early, await second, await rig.heard(turn)]
        assert heard[0] == heard[1] == heard[2]
        assert text_of(heard[0]) == "OneTwoThree"


async def test_a_reader_may_come_back_after_any_event_and_gets_exactly_the_rest() -> None:
    words = [f"{n} " for n in range(20)]
    async with Rig(said(*words)) as rig:
        turn = await rig.start()
        entries = await rig.heard(turn)
        for seen in range(len(entries) + 1):
            assert await rig.heard(turn, after=seen) == entries[seen:]


async def test_a_reader_cut_off_after_any_event_of_a_running_turn_loses_nothing() -> None:
    gates = [asyncio.Event() for _ in range(4)]
    steps = [step for n, gate in enumerate(gates) for step in (TextDelta(str(n)), gate)]
    async with Rig(steps) as rig:
        turn = await rig.start()
        seen: list[Entry] = []
        for gate in gates:
            async with rig.turns.follow(ANNA, turn, len(seen)) as batches:
                seen += await anext(batches)
            gate.set()
            await settle()
        seen += await rig.heard(turn, after=len(seen))
        assert seen == await rig.heard(turn)
        assert text_of(seen) == "0123"


async def test_what_has_been_said_so_far_can_be_read_without_waiting() -> None:
    async with Rig([*said("Half"), asyncio.Event()]) as rig:
        turn = await rig.start()
        assert text_of(await rig.turns.so_far(ANNA, turn)) == "Half"
        assert not await rig.turns.ended(turn)


async def test_events_are_forgotten_some_minutes_after_the_ending() -> None:
    async with Rig(said("So"), limits=TurnLimits(drain_s=0, watch_s=60)) as rig:
        turn = await rig.start()
        await rig.clock.advance(240)
        assert text_of(await rig.heard(turn)) == "So"
        await rig.clock.advance(120)
        with pytest.raises(EventsForgotten):
            await rig.heard(turn)


async def test_the_key_is_remembered_for_a_day() -> None:
    async with Rig(said("Old"), said("New"), limits=RARELY) as rig:
        turn = await rig.start(question(key="k"))
        await rig.clock.advance(23 * 3600)
        assert not (await rig.turns.start(question(key="k"))).fresh
        await rig.clock.advance(2 * 3600)
        again = await rig.turns.start(question(key="k"))
        assert (again.turn, again.fresh) == (turn, True)
        assert text_of(await rig.heard(turn)) == "New"


async def test_sweeping_goes_on_when_the_database_was_away() -> None:
    async with Rig(said("So"), limits=RARELY) as rig:
        turn = await rig.start()
        rig.store.away = True
        await rig.clock.advance(25 * 3600)
        rig.store.away = False
        await rig.clock.advance(600)
        with pytest.raises(TurnNotFound):
            await rig.heard(turn)


async def test_a_key_is_remembered_for_a_day_where_nothing_is_kept() -> None:
    unkept = question(key="k", record=None)
    async with Rig(said("Old"), said("New"), limits=RARELY) as rig:
        turn = await rig.start(unkept)
        await rig.clock.advance(23 * 3600)
        again = await rig.turns.start(unkept)
        assert (again.turn, again.fresh) == (turn, False)
        with pytest.raises(EventsForgotten):
            await rig.heard(turn)
        with pytest.raises(QuestionDiffers):
            await rig.turns.start(question("How?", key="k", record=None))
        await rig.clock.advance(2 * 3600)
        assert await rig.start(unkept) == turn
        assert text_of(await rig.heard(turn)) == "New"


async def test_after_a_restart_an_ended_turn_that_is_not_kept_is_not_run_again() -> None:
    unkept = question(key="k", record=None)
    async with Rig(said("So")) as first:
        turn = await first.start(unkept)
    async with Rig(after=first) as rig:
        assert await rig.recover() == 0
        assert not (await rig.turns.start(unkept)).fresh
        assert (await rig.record(turn)).state is AnswerState.COMPLETED


@pytest.mark.parametrize("killed", [True, False])
async def test_after_a_crash_what_was_not_kept_may_be_asked_anew(killed: bool) -> None:
    unkept = question(key="k", record=None)
    async with Rig([*said("Half"), asyncio.Event()], limits=TurnLimits(drain_s=0)) as crashed:
        turn = await crashed.start(unkept)
        if killed:
            async with Rig(said("Whole"), after=crashed) as rig:
                assert await rig.recover() == 0
                assert await rig.start(unkept) == turn
                assert text_of(await rig.heard(turn)) == "Whole"
    if not killed:
        async with Rig(said("Whole"), after=crashed) as rig:
            assert await rig.start(unkept) == turn
            assert text_of(await rig.heard(turn)) == "Whole"


@pytest.mark.parametrize("record", [KEPT, None])
async def test_a_turn_that_runs_anew_is_billed_beside_the_earlier_one(
    record: Record | None,
) -> None:
    stopped = ModelStopped("stop", Usage(10, 5, 15))
    script = [*said("So"), stopped]
    async with Rig(script, script, limits=RARELY) as rig:
        begun = rig.now()
        for _ in range(2):
            await rig.start(question(key="k", record=record))
            await rig.clock.advance(25 * 3600)
        async with rig.store() as db:
            found = await db.usage.sums(ANNA, begun, rig.now(), "day")
    assert [(one.answers, one.output_tokens) for one in found] == [(1, 5), (1, 5)]


async def test_a_closed_engine_takes_no_questions() -> None:
    async with Rig() as rig:
        assert rig.turns.accepting
    assert not rig.turns.accepting
    with pytest.raises(ShuttingDown):
        await rig.turns.start(question())


async def test_an_unkept_turn_leaves_no_row() -> None:
    async with Rig(said("So")) as rig:
        turn = await rig.start(question(record=None))
        ending = await rig.ending(turn)
        assert isinstance(ending, TurnCompleted)
        assert ending.saved is None
        async with rig.store() as db:
            assert await db.turns.find(turn) is None


async def test_a_user_at_the_limit_still_finds_an_earlier_turn() -> None:
    async with Rig(said("So")) as first:
        turn = await first.start(question(key="k"))
    limits = TurnLimits(per_user=1, drain_s=0)
    async with Rig([asyncio.Event()], after=first, limits=limits) as rig:
        await rig.start()
        again = await rig.turns.start(question(key="k"))
        assert (again.turn, again.fresh) == (turn, False)
