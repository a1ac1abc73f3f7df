"""Model, tools, model … until there is an answer."""

import asyncio
from collections.abc import Mapping
from contextlib import aclosing
from typing import Any

import pytest

from adapters.memory.chat_model import ScriptedChatModel
from adapters.memory.clock import settle
from application.agent.loop import Agent, AgentEvent
from domain.errors import InvalidRequest
from domain.provider_errors import ProviderRejected
from domain.tools import ToolSpec
from domain.turn.events import ModelStopped, TextDelta, ToolCalled, ToolReturned
from domain.turn.prompt import Message, Prompt, Round, TextPart
from tests.batches import one_by_one
from tests.unit.rig import SWIFT, said

PROMPT = Prompt(SWIFT, (Message("user", (TextPart("Time?"),)),))
STOPPED = ModelStopped("stop")


class Clock:
    """Tells the time, or does what it was made for instead."""

    spec = ToolSpec("clock", "Tells the time", {"type": "object"})

    def __init__(self, error: Exception | None = None, gate: asyncio.Event | None = None) -> None:
        self.asked: list[Mapping[str, Any]] = []
        self._error = error
        self._gate = gate

    async def __call__(self, arguments: Mapping[str, Any]) -> Any:
        self.asked.append(arguments)
        if self._gate:
            await self._gate.wait()
        if self._error:
            raise self._error
        return "noon"


def called(number: str = "1", name: str = "clock", **more: Any) -> ToolCalled:
    return ToolCalled(number, name, {"zone": "UTC"}, **more)


async def reply(agent: Agent, model: ScriptedChatModel) -> list[AgentEvent]:
    async with aclosing(one_by_one(agent.reply(model, PROMPT))) as events:
        return [event async for event in events]


async def test_without_tools_it_is_the_model() -> None:
    model = ScriptedChatModel(said("Noon"))
    assert await reply(Agent({}), model) == [TextDelta("Noon"), STOPPED]
    assert model.prompts == [PROMPT]


async def test_a_tool_result_reaches_the_model() -> None:
    clock, asks = Clock(), ModelStopped("tool_calls", state=({"id": "r"},))
    model = ScriptedChatModel([TextDelta("Let me look."), called(), asks], said("Noon"))
    events = await reply(Agent({"clock": clock}), model)
    returned = ToolReturned("1", "clock", "noon", arguments={"zone": "UTC"})
    assert events == [
        TextDelta("Let me look."), called(), asks, returned, TextDelta("Noon"), STOPPED,
    ]  # fmt: skip
    assert clock.asked == [{"zone": "UTC"}]
    assert model.prompts[0].tools == (Clock.spec,)
    assert model.prompts[1].rounds == (
        Round("Let me look.", (called(),), (returned,), ({"id": "r"},)),
    )
    model.assert_played()


async def test_several_calls_run_at_once_and_answer_in_order() -> None:
    gate = asyncio.Event()
    slow, quick = Clock(gate=gate), Clock()
    model = ScriptedChatModel([called("1", "slow"), called("2", "quick")], said("Noon"))
    running = asyncio.create_task(reply(Agent({"slow": slow, "quick": quick}), model))
    await settle()
    assert quick.asked
    gate.set()
    returned = [event.id for event in await running if isinstance(event, ToolReturned)]
    assert returned == ["1", "2"]


@pytest.mark.parametrize(
    ("error", "told"),
    [(InvalidRequest("no such zone"), "no such zone"), (KeyError("secret"), "The tool failed")],
)
async def test_a_failing_tool_is_an_answer_to_the_model(error: Exception, told: str) -> None:
    model = ScriptedChatModel([called()], said("Sorry"))
    events = await reply(Agent({"clock": Clock(error)}), model)
    failed = ToolReturned("1", "clock", {"error": told}, True, {"zone": "UTC"})
    assert failed in events
    assert model.prompts[1].rounds[0].results == (failed,)
    assert events[-2:] == [TextDelta("Sorry"), STOPPED]


async def test_calls_that_are_not_ours_are_passed_on_and_not_awaited() -> None:
    clock = Clock()
    foreign = [called("1", "elsewhere"), called("2", run_by_provider=True)]
    model = ScriptedChatModel([*foreign, TextDelta("Noon")])
    events = await reply(Agent({"clock": clock}), model)
    assert events == [*foreign, TextDelta("Noon"), STOPPED]
    assert clock.asked == []


async def test_rounds_are_bounded() -> None:
    model = ScriptedChatModel(*([called(str(n))] for n in range(5)))
    events = await reply(Agent({"clock": Clock()}, max_rounds=3), model)
    assert len(model.prompts) == 3
    assert isinstance(events[-1], ToolReturned)


async def test_earlier_rounds_stay_in_the_prompt() -> None:
    model = ScriptedChatModel([called("1")], [called("2")], said("Noon"))
    await reply(Agent({"clock": Clock()}), model)
    calls = [one.calls[0].id for one in model.prompts[2].rounds]
    assert calls == ["1", "2"]


async def test_a_model_that_fails_in_a_later_round_fails() -> None:
    model = ScriptedChatModel([called()], [ProviderRejected("acme", "no")])
    with pytest.raises(ProviderRejected):
        await reply(Agent({"clock": Clock()}), model)


async def test_cancelling_stops_the_tools() -> None:
    before = asyncio.all_tasks()
    model = ScriptedChatModel([called("1"), called("2")])
    running = asyncio.create_task(reply(Agent({"clock": Clock(gate=asyncio.Event())}), model))
    await settle()
    assert len(asyncio.all_tasks() - before) == 3
    running.cancel()
    await asyncio.wait({running})
    assert asyncio.all_tasks() == before
