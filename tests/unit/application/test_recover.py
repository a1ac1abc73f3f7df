"""What a dead process left running."""

import asyncio

from application.chat.recover import RecoverTurns
from domain.conversation.conversation import AnswerState
from tests.unit.rig import BORIS, Rig, question, said


async def test_nothing_was_left() -> None:
    async with Rig(said("So")) as rig:
        await rig.start()
        assert await RecoverTurns(rig.store)() == 0


async def test_each_turn_is_marked_and_keeps_what_was_said() -> None:
    gate = asyncio.Event()
    async with Rig([*said("Half"), gate], [gate], said("Whole")) as crashed:
        half = await crashed.start()
        mute = await crashed.start(question(user=BORIS))
        whole = await crashed.start()
        await crashed.clock.advance(2)
        assert await crashed.recover() == 2
        assert (await crashed.record(half)).state is AnswerState.INTERRUPTED
        assert (await crashed.record(mute)).state is AnswerState.INTERRUPTED
        assert (await crashed.record(whole)).state is AnswerState.COMPLETED
        rows = await crashed.rows(half)
        assert [(row.message, row.state) for row in rows] == [
            ("Why?", None),
            ("Half", AnswerState.INTERRUPTED),
        ]
        assert [row.message for row in await crashed.rows(mute)] == ["Why?"]
        assert await crashed.recover() == 0
