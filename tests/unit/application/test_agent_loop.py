import asyncio
from contextlib import aclosing
from typing import Any

import pytest

from adapters.memory.chat_model import ScriptedChatModel
from adapters.memory.clock import settle
from application.agent.loop import AgentEvent
from domain.errors import InvalidRequest
from domain.provider_errors import (
    EmptyAnswer,
    ProviderGarbled,
    ProviderOverloaded,
    ProviderRejected,
)
from domain.turn.agent_events import ChartBegun, LoopStopped, RoundBegan, RoundEnded
from domain.turn.events import (
    MediaGiven,
    ModelStopped,
    ProviderRetrying,
    TextDelta,
    ToolCalled,
    ToolReturned,
)
from tests.batches import one_by_one
from tests.unit.agent_rig import PROMPT, STOPPED, AgentRig, Clock, called
from tests.unit.rig import said

BEGAN, ENDED = RoundBegan(1, 10, "general"), LoopStopped("completed", 1)


def kinds(events: list[AgentEvent]) -> list[str]:
    return [type(event).__name__ for event in events]


def returned(events: list[AgentEvent]) -> list[ToolReturned]:
    return [event for event in events if isinstance(event, ToolReturned)]


async def told(rig: AgentRig, *calls: ToolCalled) -> list[Any]:
    """Return what a model is told that makes these calls."""
    model = ScriptedChatModel(list(calls), said("Noon"))
    await rig.reply(model)
    return [result.result for result in model.prompts[1].rounds[0].results]


async def test_without_tools_of_ours_it_is_the_model_itself() -> None:
    foreign = [called("1", "elsewhere"), called("2", run_by_provider=True)]
    model = ScriptedChatModel([*foreign, TextDelta("Noon")])
    events = [e async for e in one_by_one(AgentRig().agent.reply(model, PROMPT))]
    assert events == [*foreign, TextDelta("Noon"), STOPPED]
    assert model.prompts == [PROMPT]


async def test_an_answer_without_calls_is_one_round() -> None:
    clock = Clock()
    model = ScriptedChatModel(said("Noon"))
    events = await AgentRig(clock).reply(model)
    assert events == [BEGAN, TextDelta("Noon"), STOPPED, RoundEnded(1, 0, goes_on=False), ENDED]
    assert model.prompts[0].tools == (clock.spec,)


async def test_silence_is_no_answer_unless_a_tool_has_done_something() -> None:
    with pytest.raises(EmptyAnswer, match="acme ended its answer without a word"):
        await AgentRig(Clock(error=InvalidRequest("no"))).reply(ScriptedChatModel([called()], []))
    events = await AgentRig(Clock()).reply(ScriptedChatModel([called()], []))
    assert events[-1] == LoopStopped("completed", 2)
    drawn = MediaGiven(b"", "image/png")
    assert ENDED in await AgentRig(Clock()).reply(ScriptedChatModel([drawn]))


async def test_a_tool_result_reaches_the_model() -> None:
    clock, asks = Clock(), ModelStopped("tool_calls", state=({"id": "r"},))
    model = ScriptedChatModel([TextDelta("Let me look."), called(), asks], said("Noon"))
    events = await AgentRig(clock).reply(model)
    result = ToolReturned("1", "clock", {"time": "noon"}, arguments={"zone": "UTC"})
    assert events == [
        BEGAN, TextDelta("Let me look."), asks, called(), result, RoundEnded(1, 1, goes_on=True),
        RoundBegan(2, 10, "general"), TextDelta("Noon"), STOPPED, RoundEnded(2, 0, goes_on=False),
        LoopStopped("completed", 2),
    ]  # fmt: skip
    assert [each.zone for each in clock.asked] == ["UTC"]
    (done,) = model.prompts[1].rounds
    assert (done.text, done.calls, done.state) == ("Let me look.", (called(),), ({"id": "r"},))
    content = {"tool": "clock", "success": True, "result": {"time": "noon"}}
    assert [each.result for each in done.results] == [content]
    model.assert_played()


async def test_calls_run_at_once_and_are_told_one_after_another() -> None:
    gate = asyncio.Event()
    slow, quick = Clock("slow", gate=gate), Clock("quick")
    model = ScriptedChatModel([called("1", "slow"), called("2", "quick")], said("Noon"))
    heard: list[AgentEvent] = []
    running = asyncio.create_task(AgentRig(slow, quick).reply(model, heard=heard.append))
    await settle()
    assert quick.asked, "it does not wait for the slow one"
    assert kinds(heard) == ["RoundBegan", "ModelStopped", "ToolCalled"], "its turn has not come"
    gate.set()
    order = [
        (type(event).__name__, event.id)
        for event in await running
        if isinstance(event, ToolCalled | ToolReturned)
    ]
    assert order == [
        ("ToolCalled", "1"), ("ToolReturned", "1"), ("ToolCalled", "2"), ("ToolReturned", "2"),
    ]  # fmt: skip


async def test_tools_that_must_run_alone_do() -> None:
    alone = Clock("alone", together=False)
    model = ScriptedChatModel([called(str(n), "alone") for n in range(3)], said("Noon"))
    await AgentRig(alone).reply(model)
    assert (len(alone.asked), alone.most_at_once) == (3, 1)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (InvalidRequest("no such zone"), "no such zone"),
        (KeyError("secret"), "Tool execution failed"),
        (asyncio.CancelledError(), "Tool execution failed"),
    ],
)
async def test_a_failing_tool_is_an_answer_to_the_model(error: Exception, words: str) -> None:
    rig = AgentRig(Clock(error=error), Clock("other"))
    model = ScriptedChatModel([called(), called("2", "other")], said("Sorry"))
    events = await rig.reply(model)
    failed, fine = returned(events)
    assert (failed.failed, failed.error, failed.result) == (True, words, None)
    assert fine.result == {"time": "noon"}, "one failure does not stop the others"
    content = {"tool": "clock", "success": False, "error": words}
    assert model.prompts[1].rounds[0].results[0].result == content
    assert events[-1] == LoopStopped("completed", 2)


@pytest.mark.parametrize(
    ("name", "arguments", "error"),
    [
        ("nope", {}, "Unknown tool: nope"),
        ("clock", {}, "Missing required parameter: zone"),
        ("clock", {"zone": 3}, "Invalid parameter zone: Expected `str`, got `int`"),
        ("clock", {"raw": '{"zone": '}, "Invalid arguments: not valid JSON"),
        ("clock", {"value": [1]}, "Invalid arguments: not a JSON object"),
    ],
)
async def test_calls_that_make_no_sense_are_told_so(
    name: str, arguments: dict[str, Any], error: str
) -> None:
    (content,) = await told(AgentRig(Clock()), ToolCalled("1", name, arguments))
    assert content == {"tool": name, "success": False, "error": error}


async def test_arguments_that_are_not_declared_are_dropped() -> None:
    clock = Clock()
    await told(AgentRig(clock), ToolCalled("1", "clock", {"zone": "UTC", "user_id": 7}))
    assert [each.zone for each in clock.asked] == ["UTC"]


async def test_a_tool_is_found_by_its_alias() -> None:
    tool = Clock("generate_chart")
    await told(AgentRig(tool), called("1", "chart_generation"))
    assert tool.asked


async def test_garbled_arguments_are_forgiven_once() -> None:
    bad = ToolCalled("1", "clock", {"raw": "{"})
    model = ScriptedChatModel([bad], [bad], said("never"))
    with pytest.raises(ProviderGarbled, match="twice"):
        await AgentRig(Clock()).reply(model)
    assert len(model.prompts) == 2


async def test_a_call_without_an_id_gets_one() -> None:
    model = ScriptedChatModel([called(""), called("")], said("Noon"))
    events = await AgentRig(Clock()).reply(model)
    ids = [event.id for event in returned(events)]
    assert all(each.startswith("call_") and "-" not in each for each in ids)
    assert len(set(ids)) == 2


async def test_what_a_tool_says_beside_its_result_is_told_as_it_comes() -> None:
    gate = asyncio.Event()
    tool = Clock(gate=gate, says=[ChartBegun("bar", "Sleep")])
    heard: list[AgentEvent] = []
    model = ScriptedChatModel([called()], said("Noon"))
    running = asyncio.create_task(AgentRig(tool).reply(model, heard=heard.append))
    await settle()
    assert kinds(heard)[-2:] == ["ToolCalled", "ChartBegun"]
    gate.set()
    events = await running
    assert kinds(events)[3:5] == ["ChartBegun", "ToolReturned"]


async def test_one_of_twenty_hangs_and_the_others_do_not_care() -> None:
    hung = Clock("hung", gate=asyncio.Event())
    rig = AgentRig(hung, Clock(), tool_s=300, wall_s=1000)
    calls = [called(str(n), "hung" if n == 7 else "clock") for n in range(20)]
    model = ScriptedChatModel(calls, said("Noon"))
    running = asyncio.create_task(rig.reply(model))
    await settle()
    await rig.clock.advance(300)
    found = returned(await running)
    assert [each.id for each in found] == [str(n) for n in range(20)]
    assert [each.error for each in found if each.failed] == ["Tool timed out after 300s"]
    assert hung.running == 0, "it was stopped"


async def test_long_results_are_cut_and_the_rest_is_kept() -> None:
    rig = AgentRig(Clock(result={"page": 'a"b ' * 20_000}))
    async with rig.store() as db:
        await db.accounts.add("anna", "hash", None)
    model = ScriptedChatModel([called()], said("Noon"))
    (shown,) = returned(await rig.reply(model))
    assert len(shown.result["page"]) == 2001
    content = model.prompts[1].rounds[0].results[0].result
    assert len(str(content)) < 20_000
    assert content["cut"].endswith("of 100011 characters")
    stored = b"".join([c async for c in rig.files.read(rig.box.context.user, content["rest"][7:])])
    assert len(stored) == 100_011


async def test_base64_is_neither_shown_nor_sent() -> None:
    picture = "data:image/png;base64," + "iVBORw0KGgo9" * 400
    rig = AgentRig(Clock(result={"image": picture, "list": [f"![x]({picture})"]}))
    model = ScriptedChatModel([called()], said("Noon"))
    (shown,) = returned(await rig.reply(model))
    assert "iVBOR" not in str(shown) + str(model.prompts[1].rounds)


async def test_a_model_that_fails_before_its_first_word_has_begun_no_round() -> None:
    model = ScriptedChatModel([ProviderRejected("acme", "no")])
    heard: list[AgentEvent] = []
    with pytest.raises(ProviderRejected):
        await AgentRig(Clock()).reply(model, heard=heard.append)
    assert heard == []


async def test_waiting_for_a_retry_is_told_before_the_round() -> None:
    model = ScriptedChatModel([ProviderOverloaded("acme", "busy", 1)], said("Noon"))
    rig = AgentRig(Clock())
    events = await rig.reply(model)
    assert isinstance(events[0], ProviderRetrying)
    assert events[1] == BEGAN


async def test_a_model_that_fails_in_a_later_round_fails() -> None:
    model = ScriptedChatModel([called()], [ProviderRejected("acme", "no")])
    with pytest.raises(ProviderRejected):
        await AgentRig(Clock()).reply(model)


async def test_earlier_rounds_stay_in_the_prompt() -> None:
    model = ScriptedChatModel([called("1")], [called("2")], said("Noon"))
    await AgentRig(Clock()).reply(model)
    calls = [one.calls[0].id for one in model.prompts[2].rounds]
    assert calls == ["1", "2"]


@pytest.mark.parametrize("stop_at", range(12))
async def test_leaving_at_any_event_leaves_nothing_behind(stop_at: int) -> None:
    before = asyncio.all_tasks()
    tool = Clock()
    model = ScriptedChatModel(
        [TextDelta("Let me look."), called("1"), called("2")], [called("3")], said("Noon")
    )
    rig = AgentRig(tool)
    async with aclosing(rig.agent.reply(model, PROMPT, rig.box)) as batches:
        for _ in range(stop_at):
            await anext(batches)
    assert asyncio.all_tasks() == before
    assert tool.running == 0


@pytest.mark.parametrize("rounds", range(1, 60, 3))
async def test_cancelling_at_any_await_stops_model_and_tools(rounds: int) -> None:
    before = asyncio.all_tasks()
    tool = Clock(gate=asyncio.Event())
    model = ScriptedChatModel([TextDelta("Hm."), called("1"), called("2", "other")], said("Noon"))
    rig = AgentRig(tool, Clock("other", together=False))
    running = asyncio.create_task(rig.reply(model))
    await settle(rounds)
    running.cancel()
    await asyncio.wait({running})
    assert running.cancelled()
    assert tool.running == 0
    assert asyncio.all_tasks() == before
