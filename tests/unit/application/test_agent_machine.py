"""Whatever a model says, the rounds keep their shape."""

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.memory.chat_model import ScriptedChatModel, Step
from application.agent.loop import AgentEvent
from domain.provider_errors import EmptyAnswer, ProviderGarbled
from domain.turn.agent_events import LoopStopped, RoundBegan, RoundEnded
from domain.turn.events import ModelStopped, TextDelta, ThinkingDelta, ToolCalled, ToolReturned
from domain.turn.metering import Usage
from tests.unit.agent_rig import AgentRig, Clock

ZONE = {"zone": "UTC"}
NAMES = st.sampled_from(["clock", "alone", "broken", "unknown", "open_door"])
SAID = st.one_of(
    st.builds(TextDelta, st.sampled_from(["Hm. ", "See https://a.example/b ", "Noon"])),
    st.builds(ThinkingDelta, st.just("So …")),
    st.builds(ToolCalled, st.sampled_from(["c1", "c2", ""]), NAMES, st.just(ZONE)),
    st.builds(ToolCalled, st.just("c3"), st.just("clock"), st.just({"raw": "{"})),
    st.builds(
        ToolCalled, st.just("p1"), st.just("web_search"), st.just({}), run_by_provider=st.just(True)
    ),
)
ROUNDS = st.lists(st.lists(SAID, max_size=5), min_size=1, max_size=6)


def ours(event: AgentEvent) -> bool:
    return isinstance(event, ToolCalled) and not (event.run_by_provider or event.awaited)


def check(events: Sequence[AgentEvent], most: int) -> LoopStopped:
    """Fail unless rounds nest, calls and results alternate, and there is one end."""
    (stopped,) = [e for e in events if isinstance(e, LoopStopped)]
    number, inside, waiting = 0, False, ""
    for event in events:
        match event:
            case RoundBegan():
                assert not inside
                assert event.number == number + 1 <= most
                number, inside = event.number, True
            case RoundEnded():
                assert inside
                assert event.number == number
                inside = False
            case ToolCalled() if ours(event):
                assert inside
                assert not waiting
                waiting = event.id
                assert waiting
            case ToolReturned():
                assert event.id == waiting
                waiting = ""
            case _:
                assert not waiting
    assert not inside
    assert number == stopped.rounds
    return stopped


@settings(max_examples=60, deadline=None)
@given(ROUNDS, st.integers(1, 4), st.integers(1, 6), st.integers(50, 400))
async def test_the_rounds_keep_their_shape(
    rounds: list[list[Step]], most: int, calls: int, tokens: int
) -> None:
    clock = Clock(outside=True)
    tools = (clock, Clock("alone", together=False), Clock("broken", error=KeyError("x")))
    rig = AgentRig(*tools, rounds=most, calls=calls, tokens=tokens).with_clients("open_door")
    spoken = [[*said, ModelStopped("stop", Usage(60, 40, 100))] for said in rounds]
    model = ScriptedChatModel(*spoken, *[[TextDelta("Done")] for _ in range(8)])
    try:
        events = await rig.reply(model)
    except EmptyAnswer:
        heard = rounds[: len(model.prompts)]
        assert not any(isinstance(step, TextDelta) for said in heard for step in said)
        done = [result for each in model.prompts[-1].rounds for result in each.results]
        assert not any(result.result["success"] for result in done)
        return
    except ProviderGarbled:
        bad = sum(any(getattr(e, "arguments", None) == {"raw": "{"} for e in r) for r in rounds)
        assert bad >= 2
        return
    stopped = check(events, most)
    limited = stopped.status != "completed"
    assert [prompt.may_call for prompt in model.prompts] == (
        [True] * stopped.rounds + [False] * limited
    )
    for at, prompt in enumerate(model.prompts):
        assert len(prompt.rounds) == min(at, stopped.rounds)
        for done in prompt.rounds:
            assert [r.id for r in done.results] == [c.id for c in done.calls if not c.awaited]
    for tool in tools:
        assert tool.running == 0
    assert sum(len(tool.asked) for tool in tools) <= calls
