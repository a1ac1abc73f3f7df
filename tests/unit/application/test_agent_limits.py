"""How the work of an agent ends: every limit has its reason, and an answer."""

import asyncio
from collections.abc import Sequence

import pytest

from adapters.memory.chat_model import ScriptedChatModel, Step
from adapters.memory.clock import settle
from application.agent.loop import ENOUGH, AgentEvent
from domain.errors import SpendingCapReached
from domain.provider_errors import ProviderRejected
from domain.turn.agent_events import LoopStopped, RoundBegan, RoundEnded
from domain.turn.events import ModelStopped, TextDelta, ToolReturned
from domain.turn.metering import Usage
from tests.unit.agent_rig import AgentRig, Clock, called
from tests.unit.rig import said

LAST = said("That is all I found.")


def status(events: Sequence[AgentEvent]) -> LoopStopped:
    (stopped,) = [event for event in events if isinstance(event, LoopStopped)]
    return stopped


def errors(events: Sequence[AgentEvent]) -> list[str | None]:
    return [event.error for event in events if isinstance(event, ToolReturned)]


def rounds(count: int, usage: Usage | None = None) -> list[list[Step]]:
    return [[called(str(n)), ModelStopped("tool_calls", usage)] for n in range(count)]


async def test_rounds_are_bounded_and_then_there_are_last_words() -> None:
    model = ScriptedChatModel(*rounds(10), LAST)
    events = await AgentRig(Clock()).reply(model)
    assert status(events) == LoopStopped("max_iterations", 10)
    assert [e.number for e in events if isinstance(e, RoundBegan)] == list(range(1, 11))
    assert [e.goes_on for e in events if isinstance(e, RoundEnded)] == [True] * 10
    assert events[-2:] == [*LAST, ModelStopped("stop")]
    last = model.prompts[-1]
    assert not last.may_call
    assert last.system.endswith(ENOUGH)
    assert len(last.rounds) == 10
    assert all(prompt.may_call for prompt in model.prompts[:-1])
    model.assert_played()


async def test_calls_are_bounded() -> None:
    clock = Clock()
    model = ScriptedChatModel([called("1"), called("2"), called("3")], LAST)
    events = await AgentRig(clock, calls=2).reply(model)
    assert status(events) == LoopStopped("max_tool_calls", 1)
    assert len(clock.asked) == 2
    assert errors(events) == [None, None, "Not run: an answer may call 2 tools at most"]


async def test_tokens_are_bounded() -> None:
    model = ScriptedChatModel(*rounds(2, Usage(400, 100, 500)), LAST)
    events = await AgentRig(Clock(), tokens=1000).reply(model)
    assert status(events) == LoopStopped("max_tokens", 2)


async def test_money_is_bounded() -> None:
    rig = AgentRig(Clock(), cost_usd=0.10)
    rig.cost_usd = 0.11
    events = await rig.reply(ScriptedChatModel(*rounds(1), LAST))
    assert status(events) == LoopStopped("max_cost", 1)
    assert TextDelta("That is all I found.") in events


async def test_time_is_bounded_and_stops_the_tools() -> None:
    rig = AgentRig(Clock(gate=asyncio.Event()), Clock("quick"), wall_s=60)
    model = ScriptedChatModel([called("1"), called("2", "quick")], LAST)
    running = asyncio.create_task(rig.reply(model))
    await settle()
    await rig.clock.advance(60)
    events = await running
    assert status(events) == LoopStopped("timeout", 1)
    assert errors(events) == ["Stopped: the answer may take 60s in all", None]
    assert events[-2] == TextDelta("That is all I found.")


async def test_money_is_set_aside_for_every_round_and_the_last_words() -> None:
    rig = AgentRig(Clock(), rounds=2)
    await rig.reply(ScriptedChatModel(*rounds(2), LAST))
    assert [len(prompt.rounds) for prompt in rig.held] == [1, 2]


async def test_without_money_for_another_round_what_was_said_must_do() -> None:
    rig = AgentRig(Clock())
    rig.refuses = SpendingCapReached(1, 1, 0.5, rig.clock.now())
    model = ScriptedChatModel([TextDelta("Let me look."), called()])
    events = await rig.reply(model)
    assert status(events) == LoopStopped("spending_cap", 1)
    assert len(model.prompts) == 1


async def test_without_money_and_without_a_word_it_is_an_error() -> None:
    rig = AgentRig(Clock(error=KeyError("x")))
    rig.refuses = SpendingCapReached(1, 1, 0.5, rig.clock.now())
    with pytest.raises(SpendingCapReached):
        await rig.reply(ScriptedChatModel([called()]))


@pytest.mark.parametrize("failure", [ProviderRejected("acme", "no")])
async def test_where_there_are_no_last_words_what_was_said_must_do(failure: Exception) -> None:
    model = ScriptedChatModel([TextDelta("So far."), called()], [failure])
    events = await AgentRig(Clock(), rounds=1).reply(model)
    assert status(events) == LoopStopped("max_iterations", 1)


async def test_without_any_word_the_failure_is_the_turns() -> None:
    model = ScriptedChatModel([called()], [ProviderRejected("acme", "no")])
    with pytest.raises(ProviderRejected):
        await AgentRig(Clock(error=KeyError("x")), rounds=1).reply(model)


async def test_calls_among_the_last_words_are_not_run() -> None:
    clock = Clock()
    model = ScriptedChatModel(*rounds(1), [called("9"), *LAST])
    events = await AgentRig(clock, rounds=1).reply(model)
    assert len(clock.asked) == 1
    assert not [e for e in events if getattr(e, "id", "") == "9"]
