"""What happens to turns whose conversation, question or answer is deleted while they run."""

import asyncio

import pytest
from structlog.testing import capture_logs

from adapters.memory.clock import settle
from application.history.delete import DeleteConversation, DeleteMessages
from domain.conversation.conversation import AnswerState
from domain.ids import TurnId
from domain.turn.events import TurnCompleted, TurnFailed
from tests.unit.rig import ANNA, Rig, question, said


async def expect_stopped(rig: Rig, turn: TurnId) -> None:
    ending = await rig.ending(turn)
    assert isinstance(ending, TurnFailed)
    assert (ending.code, ending.saved, ending.after_content) == ("deleted", None, True)
    assert (await rig.record(turn)).state is AnswerState.FAILED


@pytest.mark.parametrize("running_s", [0, 2])
async def test_a_deleted_conversation_stops_its_turn(running_s: float) -> None:
    async with Rig([*said("Half"), asyncio.Event()]) as rig:
        turn = await rig.start()
        await rig.clock.advance(running_s)
        conversation = (await rig.record(turn)).conversation
        await DeleteConversation(rig.store, rig.signals)(ANNA, conversation)
        await settle()
        await expect_stopped(rig, turn)
        assert await rig.rows(turn) == []


async def test_a_deleted_question_stops_its_turn_and_no_other() -> None:
    gate = asyncio.Event()
    async with Rig([*said("Half"), asyncio.Event()], [*said("Whole"), gate]) as rig:
        stopped, other = await rig.start(), await rig.start()
        record = await rig.record(stopped)
        delete = DeleteMessages(rig.store, rig.signals)
        assert await delete(ANNA, record.conversation, (record.question,)) == 1
        await settle()
        await expect_stopped(rig, stopped)
        gate.set()
        assert isinstance(await rig.ending(other), TurnCompleted)


async def test_a_deleted_answer_stops_being_written() -> None:
    async with Rig([*said("Half"), asyncio.Event()]) as rig:
        turn = await rig.start()
        await rig.clock.advance(2)
        record = await rig.record(turn)
        assert record.answer is not None
        delete = DeleteMessages(rig.store, rig.signals)
        await delete(ANNA, record.conversation, (record.answer,))
        await settle()
        await expect_stopped(rig, turn)
        assert [row.message for row in await rig.rows(turn)] == ["Why?"]


@pytest.mark.parametrize("kept", [True, False])
async def test_an_account_deleted_by_another_process_takes_its_answer_along(*, kept: bool) -> None:
    gate = asyncio.Event()
    with capture_logs() as logged:
        async with Rig([*said("Half"), gate]) as rig:
            turn = await rig.start(question() if kept else question(record=None))
            async with rig.store() as db:
                await db.accounts.remove(ANNA)
            gate.set()
            ending = await rig.ending(turn)
            assert isinstance(ending, TurnCompleted)
            assert ending.saved is None
    assert "error" not in {entry["log_level"] for entry in logged}


async def test_other_messages_may_go_while_a_turn_runs() -> None:
    gate = asyncio.Event()
    async with Rig(said("First"), [*said("Whole"), gate]) as rig:
        first = await rig.start()
        await rig.ending(first)
        before = await rig.record(first)
        turn = await rig.start()
        await DeleteMessages(rig.store, rig.signals)(
            ANNA, before.conversation, (before.question, before.answer or before.question)
        )
        gate.set()
        assert isinstance(await rig.ending(turn), TurnCompleted)
