"""Stopping turns: by their user, by neglect, by time, by the end of the process."""

import asyncio
from collections.abc import Sequence

import pytest

from adapters.memory.chat_model import Step
from adapters.memory.clock import settle
from application.chat.turn_limits import TurnLimits
from domain.conversation.conversation import AnswerState
from domain.provider_errors import ProviderOverloaded
from domain.turn.events import (
    AnswerWritten,
    ProviderRetrying,
    TextDelta,
    ThinkingDelta,
    TurnCancelled,
    TurnCompleted,
    TurnFailed,
)
from tests.unit.agent_rig import Clock, called
from tests.unit.gated_work import Waiting
from tests.unit.rig import ANNA, WITH_TOOLS, Rig, question, said, text_of


async def live(rig: Rig, stop: asyncio.Event) -> None:
    """Be the process: serve until told to stop."""
    async with rig:
        await stop.wait()


def gated(*steps: Step) -> list[tuple[str, list[Step]]]:
    """Return the script with a gate that never opens before each step and after the last."""
    return [
        ("".join(s.text for s in steps[:n] if isinstance(s, TextDelta)), [*steps[:n], never()])
        for n in range(len(steps) + 1)
    ]


def never() -> asyncio.Event:
    return asyncio.Event()


SCRIPT = (ThinkingDelta("Hm"), TextDelta("One"), TextDelta(" two"), ThinkingDelta("."))


@pytest.mark.parametrize(("text", "steps"), gated(*SCRIPT))
async def test_cancel_reaches_the_model_wherever_it_is(text: str, steps: Sequence[Step]) -> None:
    async with Rig(steps) as rig:
        turn = await rig.start()
        assert rig.model.waiting.is_set()
        await rig.turns.cancel(ANNA, turn)
        entries = await rig.heard(turn)
        assert rig.model.closed_early == 1
        assert not rig.model.waiting.is_set()
        ending = entries[-1].event
        assert isinstance(ending, TurnCancelled)
        assert text_of(entries) == text
        assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))
        record = await rig.record(turn)
        assert record.state is AnswerState.CANCELLED
        answers = (await rig.rows(turn))[1:]
        if len(steps) == 1:
            assert answers == []
        else:
            assert (answers[0].message or "") == text
            assert answers[0].claude_code_data == {"cancelled": True}


async def test_cancel_as_soon_as_the_turn_has_begun() -> None:
    async with Rig([never(), *said("never said")]) as rig:
        turn = (await rig.turns.start(question())).turn
        await rig.turns.cancel(ANNA, turn)
        assert isinstance(await rig.ending(turn), TurnCancelled)
        assert [row.message for row in await rig.rows(turn)] == ["Why?"]


async def test_cancel_while_the_question_is_being_stored() -> None:
    work = Waiting()
    async with Rig(said("never said"), work=work) as rig:
        work.inner, work.gate = rig.store, asyncio.Event()
        starting = asyncio.create_task(rig.turns.start(question(key="k")))
        await work.waiting.wait()
        (header,) = await rig.turns.running(ANNA)
        await rig.turns.cancel(ANNA, header.turn)
        await settle()
        work.gate.set()
        turn = (await starting).turn
        assert isinstance(await rig.ending(turn), TurnCancelled)
        assert rig.model.prompts == []


async def test_cancel_while_a_retry_is_awaited() -> None:
    busy = ProviderOverloaded("acme", "busy", retry_after_s=15)
    async with Rig([busy], said("never said")) as rig:
        turn = await rig.start()
        assert isinstance((await rig.turns.so_far(ANNA, turn))[-1].event, ProviderRetrying)
        await rig.turns.cancel(ANNA, turn)
        assert isinstance(await rig.ending(turn), TurnCancelled)
        assert len(rig.model.prompts) == 1


async def test_cancel_stops_a_tool() -> None:
    nap = Clock(gate=asyncio.Event())
    async with Rig([called()], tools=[nap]) as rig:
        turn = await rig.start(question(settings=WITH_TOOLS))
        assert nap.running
        await rig.turns.cancel(ANNA, turn)
        assert isinstance(await rig.ending(turn), TurnCancelled)
        assert not nap.running


async def test_cancel_during_a_checkpoint() -> None:
    work = Waiting()
    async with Rig([*said("Half"), never()], work=work) as rig:
        work.inner = rig.store
        turn = await rig.start()
        work.gate = asyncio.Event()
        await rig.clock.advance(2)
        assert work.waiting.is_set()
        await rig.turns.cancel(ANNA, turn)
        await settle()
        work.gate.set()
        assert isinstance(await rig.ending(turn), TurnCancelled)
        rows = await rig.rows(turn)
        assert [row.message for row in rows] == ["Why?", "Half"]
        assert rows[1].state is AnswerState.CANCELLED


async def test_a_checkpoint_cut_off_after_its_commit_leaves_no_second_answer() -> None:
    work = Waiting()
    async with Rig([*said("Half"), never()], work=work) as rig:
        work.inner = rig.store
        turn = await rig.start()
        work.gate, work.late = asyncio.Event(), True
        await rig.clock.advance(2)
        assert work.waiting.is_set()
        await rig.turns.cancel(ANNA, turn)
        await settle()
        work.gate.set()
        await rig.ending(turn)
        rows = await rig.rows(turn)
        assert [(row.message, row.state) for row in rows] == [
            ("Why?", None),
            ("Half", AnswerState.CANCELLED),
        ]


async def test_while_the_answer_is_being_saved_it_is_too_late() -> None:
    work = Waiting()
    async with Rig(said("Whole"), work=work) as rig:
        work.inner = rig.store
        started = await rig.turns.start(question())
        work.gate = asyncio.Event()
        await work.waiting.wait()
        await rig.turns.cancel(ANNA, started.turn)
        await settle()
        assert not await rig.turns.ended(started.turn)
        work.gate.set()
        assert isinstance(await rig.ending(started.turn), TurnCompleted)
        assert (await rig.record(started.turn)).state is AnswerState.COMPLETED


async def test_cancel_after_the_end_changes_nothing() -> None:
    async with Rig(said("Whole")) as rig:
        turn = await rig.start()
        before = await rig.heard(turn)
        await rig.turns.cancel(ANNA, turn)
        await settle()
        assert await rig.heard(turn) == before
    async with Rig(after=rig) as later:
        await later.turns.cancel(ANNA, turn)


async def test_two_cancels_are_one() -> None:
    async with Rig([*said("Half"), never()]) as rig:
        turn = await rig.start()
        await rig.turns.cancel(ANNA, turn)
        await rig.turns.cancel(ANNA, turn)
        entries = await rig.heard(turn)
        assert sum(isinstance(entry.event, TurnCancelled) for entry in entries) == 1


async def test_a_turn_that_nobody_reads_is_stopped_after_a_while() -> None:
    limits = TurnLimits(drain_s=0, detached_s=60)
    async with Rig([*said("Half"), never()], limits=limits) as rig:
        turn = await rig.start()
        await rig.clock.advance(59)
        assert not await rig.turns.ended(turn)
        await rig.clock.advance(2)
        assert isinstance(await rig.ending(turn), TurnCancelled)
        assert (await rig.rows(turn))[1].message == "Half"


async def test_a_reader_keeps_a_turn_alive_and_starts_the_wait_anew() -> None:
    limits = TurnLimits(drain_s=0, detached_s=60)
    async with Rig([never()], limits=limits) as rig:
        turn = await rig.start()
        reading = asyncio.create_task(rig.heard(turn))
        await rig.clock.advance(300)
        assert not await rig.turns.ended(turn)
        reading.cancel()
        await asyncio.wait({reading})
        await rig.clock.advance(58)
        assert not await rig.turns.ended(turn)
        await rig.clock.advance(4)
        assert await rig.turns.ended(turn)


async def test_a_turn_takes_no_longer_than_any_turn_may() -> None:
    async with Rig([*said("Half"), never()], longest_s=30) as rig:
        turn = await rig.start()
        reading = asyncio.create_task(rig.heard(turn))
        await rig.clock.advance(31)
        ending = (await reading)[-1].event
        assert isinstance(ending, TurnFailed)
        assert (ending.code, ending.after_content) == ("timeout", True)
        rows = await rig.rows(turn)
        assert (rows[1].message, rows[1].state) == ("Half", AnswerState.FAILED)


async def test_at_the_end_of_the_process_running_turns_may_end_by_themselves() -> None:
    gate, stop = asyncio.Event(), asyncio.Event()
    rig = Rig([*said("Almost"), gate, *said(" done")], limits=TurnLimits(drain_s=30))
    process = asyncio.create_task(live(rig, stop))
    await settle()
    turn = await rig.start()
    reading = asyncio.create_task(rig.heard(turn))
    await settle()
    stop.set()
    await settle()
    assert not rig.turns.accepting
    assert not process.done()
    gate.set()
    await process
    entries = await reading
    assert text_of(entries) == "Almost done"
    assert isinstance(entries[-1].event, TurnCompleted)


async def test_turns_that_do_not_end_in_time_are_interrupted_and_keep_their_text() -> None:
    rig = Rig([*said("Half"), never()])
    async with rig:
        turn = await rig.start()
        reading = asyncio.create_task(rig.heard(turn))
        await settle()
    ending = (await reading)[-1].event
    assert isinstance(ending, TurnFailed)
    assert ending.code == "interrupted"
    rows = await rig.rows(turn)
    assert (rows[1].message, rows[1].state) == ("Half", AnswerState.INTERRUPTED)
    assert await rig.recover() == 0


async def test_somebody_without_patience_for_the_end_loses_no_text() -> None:
    stop = asyncio.Event()
    rig = Rig([*said("Half"), never()], limits=TurnLimits(drain_s=3600))
    process = asyncio.create_task(live(rig, stop))
    await settle()
    turn = await rig.start()
    stop.set()
    await settle()
    process.cancel()
    await asyncio.wait({process})
    assert process.cancelled()
    assert (await rig.rows(turn))[1].state is AnswerState.INTERRUPTED


async def test_a_cancelled_turn_says_nothing_more() -> None:
    async with Rig([*said("Half"), never(), *said("more")]) as rig:
        turn = await rig.start()
        await rig.turns.cancel(ANNA, turn)
        kinds = {type(entry.event) for entry in await rig.heard(turn)}
        assert AnswerWritten not in kinds
