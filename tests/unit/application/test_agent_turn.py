"""A whole turn with tools: when there is one, what is kept of it, how it pauses and goes on."""

import pytest
from msgspec import structs

from adapters.memory.chat_model import Step
from domain.catalog.card import Price
from domain.charts import Chart, ChartData, Dataset
from domain.errors import InvalidRequest
from domain.turn.agent_events import ChartMade, LoopStopped, RoundBegan, RoundEnded
from domain.turn.ask import Ask
from domain.turn.events import (
    AnswerWritten,
    ModelStopped,
    TextDelta,
    ToolCalled,
    TurnCompleted,
    TurnFailed,
)
from domain.turn.metering import Usage
from domain.turn.prompt import CallMade, Message, TextPart
from domain.turn.settings import TurnSettings
from tests.unit.agent_rig import Clock, called
from tests.unit.rig import ANNA, BORIS, KEPT, SWIFT, WITH_TOOLS, Rig, question, said

DOOR = {"tools": [{"type": "function", "function": {"name": "open_door", "parameters": {}}}]}
WITH_DOOR = structs.replace(WITH_TOOLS, tools=DOOR)
ASKING = question(settings=WITH_TOOLS)


async def test_the_loop_runs_where_it_is_asked_for_and_tells_how_it_went() -> None:
    async with Rig([called()], said("Noon"), tools=[Clock()]) as rig:
        entries = await rig.heard(await rig.start(ASKING))
    events = [entry.event for entry in entries]
    assert [e.number for e in events if isinstance(e, RoundBegan)] == [1, 2]
    assert [e.goes_on for e in events if isinstance(e, RoundEnded)] == [True, False]
    (written,) = [e for e in events if isinstance(e, AnswerWritten)]
    assert written.agent == LoopStopped("completed", 2)
    assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1)), "without gaps"


@pytest.mark.parametrize(
    "settings",
    [TurnSettings(model="swift"), structs.replace(WITH_TOOLS, model="blind")],
    ids=["not asked for", "a model that cannot"],
)
async def test_else_it_is_an_ordinary_turn(settings: TurnSettings) -> None:
    async with Rig(said("Noon"), tools=[Clock()]) as rig:
        entries = await rig.heard(await rig.start(question(settings=settings)))
        assert rig.model.prompts[0].tools == ()
    assert not [e for e in entries if isinstance(e.event, RoundBegan)]


async def test_an_unknown_profile_is_refused_before_any_call() -> None:
    settings = structs.replace(WITH_TOOLS, agent_profile="zoo")
    async with Rig(tools=[Clock()]) as rig:
        ending = await rig.ending(await rig.start(question(settings=settings)))
        assert isinstance(ending, TurnFailed)
        assert (ending.code, ending.message) == (InvalidRequest.code, "Unknown profile: zoo")
        assert rig.model.prompts == []


async def test_charts_are_kept_with_the_answer_and_their_markers_in_it() -> None:
    now = Rig().clock.now()
    data = ChartData([Dataset("h", [7.0])])
    chart = Chart(chart_id="ch1", chart_type="bar", title="Sleep", data=data, generated_at=now)
    tool = Clock(says=[ChartMade(chart)])
    async with Rig([called()], said("See [CHART:ch1]"), tools=[tool]) as rig:
        turn = await rig.start(ASKING)
        await rig.ending(turn)
        answer = (await rig.rows(turn))[1]
    assert answer.message == "See [CHART:ch1]"
    assert answer.chart_data is not None
    assert [each["chart_id"] for each in answer.chart_data] == ["ch1"]


async def test_rounds_are_billed_together_and_the_cap_holds_for_each() -> None:
    priced = structs.replace(
        SWIFT, id="priced", model="p-1", aliases=(), price=Price(1000, 1000), output_tokens=100
    )
    usage = ModelStopped("tool_calls", Usage(300, 0, 300))  # 0.30 dollars
    rounds = ([TextDelta("So. "), called("1"), usage], [called("2"), usage], said("never"))
    settings = structs.replace(WITH_TOOLS, model="priced")
    async with Rig(*rounds, tools=[Clock()], cards=[priced], cap_usd=0.8) as rig:
        turn = await rig.start(question(settings=settings))
        entries = await rig.heard(turn)
        (written,) = [e.event for e in entries if isinstance(e.event, AnswerWritten)]
        assert written.agent == LoopStopped("spending_cap", 2)
        assert isinstance(entries[-1].event, TurnCompleted)
        async with rig.store() as db:
            spent = await db.usage.hold(ANNA, rig.clock.now().replace(hour=0), turn)
            assert spent == 0, "of other turns"
        assert written.metering is not None
        assert written.metering.cost_usd == pytest.approx(0.6)


def resumed(*, words: str = "", arguments: str = "{}") -> Ask:
    """Return what the client sends after it has opened the door."""
    calls = (CallMade("c2", "open_door", arguments),)
    history = (
        Message("user", (TextPart("Why?"),)),
        Message("assistant", (), calls),
        Message("tool", (TextPart('{"open": true}'),), answers_call="c2"),
    )
    parts = (TextPart(words),) if words else ()
    return Ask(user=ANNA, question=parts, history=history, settings=WITH_DOOR, record=KEPT)


def paused_rounds() -> tuple[list[Step], ...]:
    signed = ModelStopped("tool_calls", state=({"type": "thinking", "signature": "s1"},))
    return (
        [called("c0"), signed],
        [TextDelta("Knocking."), called("c1"), ToolCalled("c2", "open_door", {}), signed],
    )


async def test_a_call_for_the_client_pauses_a_loop_in_the_middle_and_it_goes_on() -> None:
    async with Rig(*paused_rounds(), said("It is open."), tools=[Clock()]) as rig:
        entries = await rig.heard(await rig.start(question(settings=WITH_DOOR)))
        told = [e.event for e in entries]
        waiting = [e for e in told if isinstance(e, ToolCalled) and e.awaited]
        assert [call.id for call in waiting] == ["c2"]
        assert told.index(waiting[0]) > max(
            at for at, e in enumerate(told) if isinstance(e, ToolCalled) and not e.awaited
        ), "ours come first"
        ending = told[-1]
        assert isinstance(ending, TurnCompleted)
        assert ending.paused
        assert ending.saved is not None, "it is kept as a finished turn"

        ending = await rig.ending(await rig.start(resumed()))
        assert isinstance(ending, TurnCompleted)
        assert not ending.paused
        prompt = rig.model.prompts[-1]
    assert [message.role for message in prompt.messages] == ["user"]
    first, last = prompt.rounds
    assert [result.id for result in first.results] == ["c0"]
    assert [result.id for result in last.results] == ["c1", "c2"]
    assert last.results[1].result == '{"open": true}'
    assert last.state[0]["signature"] == "s1", "what the model signed goes back to it"
    assert last.text == "Knocking."


async def test_with_words_of_the_user_the_rounds_become_messages() -> None:
    async with Rig(*paused_rounds(), said("It is open."), tools=[Clock()]) as rig:
        await rig.ending(await rig.start(question(settings=WITH_DOOR)))
        await rig.ending(await rig.start(resumed(words="And now?")))
        prompt = rig.model.prompts[-1]
    roles = [message.role for message in prompt.messages]
    assert roles == ["user", "assistant", "tool", "assistant", "tool", "tool", "user"]
    assert prompt.rounds == ()


async def test_a_pause_that_nobody_remembers_goes_on_with_what_the_client_tells() -> None:
    async with Rig(said("It is open."), tools=[Clock()]) as rig:
        turn = await rig.start(resumed())
        assert isinstance(await rig.ending(turn), TurnCompleted)
        prompt = rig.model.prompts[-1]
        asked = (await rig.rows(turn))[0]
    assert [message.role for message in prompt.messages] == ["user", "assistant", "tool"]
    assert asked.message == "[result of open_door]"


async def test_another_user_cannot_go_on_with_a_pause() -> None:
    rounds = paused_rounds()
    async with Rig(*rounds, said("No."), tools=[Clock()]) as rig:
        await rig.ending(await rig.start(question(settings=WITH_DOOR)))
        stranger = structs.replace(resumed(), user=BORIS)
        await rig.ending(await rig.start(stranger), user=BORIS)
        assert rig.model.prompts[-1].rounds == ()


async def test_another_call_with_the_same_id_does_not_go_on_with_a_pause() -> None:
    async with Rig(*paused_rounds(), said("No."), tools=[Clock()]) as rig:
        await rig.ending(await rig.start(question(settings=WITH_DOOR)))
        await rig.ending(await rig.start(resumed(arguments='{"which": "back"}')))
        assert rig.model.prompts[-1].rounds == ()
