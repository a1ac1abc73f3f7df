"""Running turns are saved together, and none waits for another."""

import asyncio
from collections.abc import Sequence

import pytest

from adapters.memory.chat_model import Step
from adapters.memory.clock import settle
from application.chat.checkpoints import BEAT_S, OLDEST_S
from application.chat.kept import Kept
from application.chat.ledger import Growing, Ledger
from domain.conversation.conversation import AnswerState
from domain.ids import TurnId
from tests.unit.gated_work import Waiting
from tests.unit.rig import ANNA, Rig, said


def half() -> list[Step]:
    """Return a round that does not end."""
    return [*said("Half"), asyncio.Event()]


async def begun(rig: Rig, turns: int) -> list[TurnId]:
    return [await rig.start() for _ in range(turns)]


async def saved(rig: Rig, turn: TurnId) -> str | None:
    """Return what of the answer is in the database."""
    _, *answers = await rig.rows(turn)
    return answers[0].message if answers else None


async def test_turns_that_are_due_share_a_transaction() -> None:
    async with Rig(half(), half(), half()) as rig:
        turns = await begun(rig, 3)
        opened = rig.store.opened
        await rig.clock.advance(OLDEST_S)
        assert rig.store.opened == opened + 1
        assert [await saved(rig, turn) for turn in turns] == ["Half"] * 3


async def test_nothing_that_was_said_is_unsaved_for_long() -> None:
    async with Rig(half()) as rig:
        await rig.clock.advance(BEAT_S / 2)
        turn = await rig.start()
        age_s = 0.0
        while await saved(rig, turn) is None:
            await rig.clock.advance(BEAT_S / 8)
            age_s += BEAT_S / 8
        assert age_s <= OLDEST_S


async def test_a_turn_whose_ending_comes_does_not_wait_for_the_others() -> None:
    work = Waiting()
    async with Rig(half(), half(), work=work) as rig:
        work.inner = rig.store
        one, other = await begun(rig, 2)
        work.gate = asyncio.Event()
        await rig.clock.advance(OLDEST_S)
        assert work.waiting.is_set()
        work.gate = None  # Held up is what waits there, and nothing after it.
        await rig.turns.cancel(ANNA, one)
        await settle()
        assert await rig.turns.ended(one)
        assert (await rig.rows(one))[1].state is AnswerState.CANCELLED
        await rig.clock.advance(OLDEST_S)
        assert await saved(rig, other) == "Half"


async def test_what_cannot_be_saved_costs_the_others_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A defect shows in whatever it is that one of them has said."""
    async with Rig(half(), [*said("Bad"), asyncio.Event()], half()) as rig:
        answers = Ledger.answers

        async def faulty(ledger: Ledger, growing: Sequence[Growing]) -> list[Kept]:
            if any(each.transcript.text == "Bad" for each in growing):
                raise LookupError
            return await answers(ledger, growing)

        monkeypatch.setattr(Ledger, "answers", faulty)
        turns = await begun(rig, 3)
        await rig.clock.advance(OLDEST_S)
        assert [await saved(rig, turn) for turn in turns] == ["Half", None, "Half"]


async def test_an_answer_that_was_deleted_is_not_missed_before_its_end() -> None:
    gate = asyncio.Event()
    async with Rig([*said("One"), gate, *said(" two"), gate, asyncio.Event()]) as rig:
        turn = await rig.start()
        await rig.clock.advance(OLDEST_S)
        question, answer = await rig.rows(turn)
        async with rig.store() as db:
            await db.conversations.remove_messages(ANNA, question.session_id, (answer.message_id,))
        gate.set()
        await rig.clock.advance(OLDEST_S)
        assert len(await rig.rows(turn)) == 1
        assert (await rig.record(turn)).state is AnswerState.RUNNING
        await rig.turns.cancel(ANNA, turn)
        await rig.ending(turn)
        assert len(await rig.rows(turn)) == 1
