"""Tools that act ask first."""

import asyncio

import pytest

from adapters.memory.chat_model import ScriptedChatModel
from adapters.memory.clock import settle
from application.agent.approvals import ApprovalNotFound, Word
from application.agent.loop import AgentEvent
from domain.ids import ConversationId, TurnId, UserId
from domain.turn.agent_events import ApprovalAsked, ApprovalSettled, LoopStopped
from domain.turn.events import ToolReturned
from tests.unit.agent_rig import ANNA, TURN, AgentRig, Clock, called
from tests.unit.rig import said


class Door:
    """A rig with one tool that acts, and a model that calls it once for each round."""

    def __init__(self, rounds: int = 1) -> None:
        self.tool = Clock("open_door", acts=True)
        self.rig = AgentRig(self.tool)
        calls = ([called(f"c{n}", "open_door")] for n in range(rounds))
        self.model = ScriptedChatModel(*calls, said("Done"))
        self.events: list[AgentEvent] = []

    async def begin(self) -> "asyncio.Task[list[AgentEvent]]":
        running = asyncio.create_task(self.rig.reply(self.model, heard=self.events.append))
        await settle()
        return running

    def of(self, kind: type) -> list[AgentEvent]:
        return [event for event in self.events if isinstance(event, kind)]


async def test_the_user_is_asked_and_may_allow_it() -> None:
    door = Door()
    running = await door.begin()
    assert door.of(ApprovalAsked) == [ApprovalAsked("c0", "open_door", {"zone": "UTC"}, 120)]
    assert not door.tool.asked
    door.rig.approvals.answer(ANNA, TURN, Word("c0", approved=True))
    await running
    assert door.of(ApprovalSettled) == [ApprovalSettled("c0", "open_door", approved=True)]
    assert door.tool.asked


async def test_the_user_may_refuse() -> None:
    door = Door()
    running = await door.begin()
    door.rig.approvals.answer(ANNA, TURN, Word("c0", approved=False))
    await running
    (returned,) = door.of(ToolReturned)
    assert isinstance(returned, ToolReturned)
    assert returned.error == "The user did not approve this call"
    assert not door.tool.asked
    assert door.events[-1] == LoopStopped("completed", 2)


async def test_silence_is_a_refusal_and_costs_the_answer_no_time() -> None:
    door = Door()
    running = await door.begin()
    await door.rig.clock.advance(120)
    await running
    assert door.of(ApprovalSettled) == [
        ApprovalSettled("c0", "open_door", approved=False, timed_out=True)
    ]
    assert not door.tool.asked
    with pytest.raises(ApprovalNotFound):
        door.rig.approvals.answer(ANNA, TURN, Word("c0", approved=True))


async def test_a_lasting_word_holds_for_the_conversation() -> None:
    door = Door(rounds=2)
    running = await door.begin()
    door.rig.approvals.answer(ANNA, TURN, Word("c0", approved=True, remember=True))
    await running
    assert len(door.of(ApprovalAsked)) == 1
    assert len(door.tool.asked) == 2
    granted = door.rig.approvals.granted
    assert not granted(ANNA, ConversationId("another"), "open_door")
    assert not granted(UserId(2), door.rig.box.context.conversation, "open_door")
    door.rig.approvals.forget(ANNA)
    assert not granted(ANNA, door.rig.box.context.conversation, "open_door")


@pytest.mark.parametrize(
    ("user", "turn", "call"),
    [(UserId(2), TURN, "c0"), (ANNA, TurnId("t-2"), "c0"), (ANNA, TURN, "x")],
)
async def test_only_the_user_may_answer_and_only_what_waits(
    user: UserId, turn: TurnId, call: str
) -> None:
    door = Door()
    running = await door.begin()
    with pytest.raises(ApprovalNotFound):
        door.rig.approvals.answer(user, turn, Word(call, approved=True))
    running.cancel()
    await asyncio.wait({running})


async def test_cancelling_asks_no_more() -> None:
    before = asyncio.all_tasks()
    door = Door()
    running = await door.begin()
    running.cancel()
    await asyncio.wait({running})
    with pytest.raises(ApprovalNotFound):
        door.rig.approvals.answer(ANNA, TURN, Word("c0", approved=True))
    assert asyncio.all_tasks() == before
