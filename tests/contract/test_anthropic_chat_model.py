"""What is particular to Anthropic's adapter: the real SDK on a real connection."""

from collections.abc import AsyncGenerator, Callable, Iterator

import pytest

from adapters.anthropic.catalog import CARDS
from adapters.anthropic.chat import AnthropicChatModel
from domain.provider_errors import (
    ContextTooLong,
    ModelNotOffered,
    ProviderBrokeOff,
    ProviderError,
    ProviderGarbled,
    ProviderOverloaded,
    ProviderRejected,
    ProviderUnauthorized,
    ProviderUnavailable,
    ProviderUnpaid,
)
from domain.turn.events import ModelStopped, TextDelta, ThinkingDelta, ToolCalled, ToolReturned
from domain.turn.metering import Usage
from domain.turn.prompt import ImagePart, Message, Prompt, Round, TextPart
from tests.contract.answers import all_of, error_of, text_of
from tests.simulators.anthropic import AnthropicSimulator
from tests.simulators.anthropic_wire import error_event, message_body, message_stream, refusal
from tests.simulators.replies import (
    Cut,
    End,
    Reply,
    delayed,
    dripped,
    joined,
    paced,
    raw,
    spoiled,
)

SECRET = "sk-ant-api03-Abcdef1234567890"
CARD = {card.id: card for card in CARDS}
QUESTION = Prompt(CARD["claude-sonnet"], (Message("user", (TextPart("Hi"),)),))


@pytest.fixture
def sim() -> Iterator[AnthropicSimulator]:
    with AnthropicSimulator() as running:
        yield running


@pytest.fixture
async def claude(sim: AnthropicSimulator) -> AsyncGenerator[AnthropicChatModel, None]:
    model = AnthropicChatModel(SECRET, sim.base_url)
    yield model
    await model.aclose()


HELLO = message_stream("one two three")
TOO_LONG = "prompt is too long: 3333404 tokens > 200000 maximum"
FULL = "input length and `max_tokens` exceed context limit: 199000 + 4096 > 200000"
FAULTS: dict[str, tuple[Reply, type[ProviderError]]] = {
    "401": (refusal(401, f"invalid x-api-key {SECRET}"), ProviderUnauthorized),
    "403": (refusal(403, f"Key {SECRET} lacks scopes"), ProviderUnauthorized),
    "404": (refusal(404, "model: claude-sonet-4-5"), ModelNotOffered),
    "400": (refusal(400, f"Bad value for {SECRET}"), ProviderRejected),
    "400 too long": (refusal(400, TOO_LONG), ContextTooLong),
    "400 full": (refusal(400, FULL), ContextTooLong),
    "400 no money": (refusal(400, "Your credit balance is too low"), ProviderUnpaid),
    "402": (refusal(402, "Pay"), ProviderUnpaid),
    "413": (refusal(413, "Request exceeds the maximum size"), ContextTooLong),
    "429": (refusal(429, "This would exceed your rate limit"), ProviderOverloaded),
    "500": (refusal(500, "Internal server error"), ProviderUnavailable),
    "503": (raw(b"<html>down</html>", status=503), ProviderUnavailable),
    "504": (refusal(504, "Timed out"), ProviderUnavailable),
    "529": (refusal(529, "Overloaded"), ProviderOverloaded),
    "HTML": (raw(b"<!doctype html><html>Log in</html>"), ProviderGarbled),
    "garbage": (raw(b"garbage", "text/event-stream"), ProviderGarbled),
    "no JSON": (raw(b"data: {]\n\n", "text/event-stream"), ProviderGarbled),
    "other JSON": (raw(b'{"hello": "world"}', "application/json"), ProviderGarbled),
    "cut JSON": (raw(b'{"type": "message",', "application/json"), ProviderGarbled),
    "empty": (raw(b"", "text/event-stream"), ProviderBrokeOff),
    "only comments": (raw(b": hello\n\n: again", "text/event-stream"), ProviderBrokeOff),
    "only the end": (raw(b'data: {"type":"message_stop"}\n\n'), ProviderBrokeOff),
    "no headers": (delayed(HELLO, Cut()), ProviderBrokeOff),
    "closed at once": (delayed(HELLO, End()), ProviderBrokeOff),
    "no HTTP": (delayed(HELLO, b"garbage\r\n\r\n"), ProviderGarbled),
    "reset after headers": (spoiled(HELLO, 0, Cut()), ProviderBrokeOff),
    "overloaded at once": (spoiled(HELLO, 0, error_event()), ProviderOverloaded),
    "overloaded body": (refusal(200, "Overloaded", "overloaded_error"), ProviderOverloaded),
}
LATER_FAULTS: dict[str, tuple[Reply, type[ProviderError]]] = {
    "reset": (spoiled(HELLO, 5, Cut()), ProviderBrokeOff),
    "closed": (spoiled(HELLO, 5, End()), ProviderBrokeOff),
    "ends early": (spoiled(HELLO, 5, b": bye\n\n"), ProviderBrokeOff),
    "ends inside an event": (spoiled(HELLO, 5, b'data: {"ty'), ProviderBrokeOff),
    "garbage": (spoiled(HELLO, 5, b"data: garbage\n\n"), ProviderGarbled),
    "overloaded": (spoiled(HELLO, 5, error_event()), ProviderOverloaded),
    "limit": (spoiled(HELLO, 5, error_event("rate_limit_error", "Slow")), ProviderOverloaded),
    "their fault": (spoiled(HELLO, 5, error_event("api_error", "Oops")), ProviderUnavailable),
    "slow": (spoiled(HELLO, 5, error_event("timeout_error", "Slow")), ProviderUnavailable),
    "no model": (spoiled(HELLO, 5, error_event("not_found_error", "No")), ModelNotOffered),
    "too large": (spoiled(HELLO, 5, error_event("request_too_large", "No")), ContextTooLong),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_faults_before_the_first_word(
    sim: AnthropicSimulator, claude: AnthropicChatModel, fault: str
) -> None:
    reply, kind = FAULTS[fault]
    sim.script(reply)
    error, said = await error_of(claude, QUESTION)
    assert (type(error), said) == (kind, [])
    assert_fit_for_clients(error)
    assert len(sim.requests) == 1, "nothing is retried in here"


@pytest.mark.parametrize("fault", LATER_FAULTS)
async def test_faults_in_mid_answer(
    sim: AnthropicSimulator, claude: AnthropicChatModel, fault: str
) -> None:
    reply, kind = LATER_FAULTS[fault]
    sim.script(reply)
    error, said = await error_of(claude, QUESTION)
    assert type(error) is kind
    assert text_of(said) == "one two"
    assert {type(event) for event in said} == {TextDelta}
    assert_fit_for_clients(error)
    assert await all_of(claude, QUESTION), "the next answer is not harmed"


def assert_fit_for_clients(error: ProviderError) -> None:
    assert error.provider == "anthropic"
    assert "anthropic" in str(error)
    for hidden in (SECRET, "127.0.0.1", "<html", "req_"):
        assert hidden not in str(error)


@pytest.mark.parametrize("shape", [dripped, joined, lambda reply: paced(reply, 0.0)])
async def test_however_it_is_sent(
    sim: AnthropicSimulator, claude: AnthropicChatModel, shape: Callable[[Reply], Reply]
) -> None:
    calls = [("c1", "clock", '{"zone": "UTC"}'), ("c2", "noon", "")]
    searched = [("s1", "web_search", '{"query": "noon"}')]
    sim.script(shape(message_stream("Grüße 🌍", thinking=["Hm", "m"], calls=calls, run=searched)))
    events = await all_of(claude, QUESTION)
    assert "".join(e.text for e in events if isinstance(e, TextDelta)) == "Grüße 🌍"
    assert "".join(e.text for e in events if isinstance(e, ThinkingDelta)) == "Hmm"
    assert [event for event in events if isinstance(event, ToolCalled)] == [
        ToolCalled("s1", "web_search", {"query": "noon"}, "anthropic", run_by_provider=True),
        ToolCalled("c1", "clock", {"zone": "UTC"}, "anthropic"),
        ToolCalled("c2", "noon", {}, "anthropic"),
    ]
    assert isinstance(events[-1], ModelStopped)
    assert events[-1].reason == "tool_calls"


async def test_an_answer_in_one_piece(sim: AnthropicSimulator, claude: AnthropicChatModel) -> None:
    sim.script(message_body("Whole"), dripped(message_body("Whole")))
    for _ in range(2):
        [said, stopped] = await all_of(claude, QUESTION)
        assert said == TextDelta("Whole")
        assert isinstance(stopped, ModelStopped)


async def test_what_is_sent(
    sim: AnthropicSimulator, claude: AnthropicChatModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "somebody's")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://127.0.0.1:1")
    picture = ImagePart("data:image/png;base64,iVBORw0KGgo=")
    thinking = Prompt(CARD["claude-opus"], (Message("user", (picture,)),), effort=2048)
    await all_of(claude, QUESTION)
    await all_of(claude, thinking)
    plain, thoughtful = sim.requests
    assert plain.path == "/v1/messages"
    assert plain.headers["x-api-key"] == SECRET
    assert "authorization" not in plain.headers
    assert plain.headers["anthropic-version"] == "2023-06-01"
    assert "anthropic-beta" not in plain.headers
    assert plain.json["model"] == "claude-sonnet-4-5"
    assert plain.json["max_tokens"] == 4096
    assert plain.json["stream"] is True
    assert thoughtful.headers["anthropic-beta"] == "interleaved-thinking-2025-05-14"
    assert thoughtful.json["thinking"] == {"type": "enabled", "budget_tokens": 2048}
    assert thoughtful.json["messages"][0]["content"][0]["type"] == "image"


async def test_the_next_round_hands_back_what_was_signed(
    sim: AnthropicSimulator, claude: AnthropicChatModel
) -> None:
    sim.script(message_stream("", thinking=["Hm"], calls=[("c1", "clock", "{}")]))
    [_, call, stopped] = await all_of(claude, QUESTION)
    assert isinstance(call, ToolCalled)
    assert isinstance(stopped, ModelStopped)
    round_ = Round("", (call,), (ToolReturned("c1", "clock", "noon"),), stopped.state)
    await all_of(claude, Prompt(QUESTION.card, QUESTION.messages, rounds=(round_,)))
    [_, said, results] = sim.requests[-1].json["messages"]
    assert said["content"] == [
        {"type": "thinking", "thinking": "Hm", "signature": "c2lnbmVk"},
        {"type": "tool_use", "id": "c1", "name": "clock", "input": {}},
    ]
    assert results["content"][0]["tool_use_id"] == "c1"


async def test_a_paused_answer_is_asked_for_again_and_reads_as_one(
    sim: AnthropicSimulator, claude: AnthropicChatModel
) -> None:
    search = [("s1", "web_search", '{"query": "x"}')]
    sim.script(
        message_stream("", run=search, stop="pause_turn"),
        message_stream("one", stop="pause_turn"),
        message_stream(" two", calls=[("c1", "clock", "{}")]),
    )
    events = await all_of(claude, QUESTION)
    assert [type(event) for event in events] == [
        ToolCalled,
        TextDelta,
        TextDelta,
        ToolCalled,
        ModelStopped,
    ]
    stopped = events[-1]
    assert isinstance(stopped, ModelStopped)
    assert stopped.usage == Usage(21, 2, 23)
    kinds = ["server_tool_use", "text", "text", "tool_use"]
    assert [block["type"] for block in stopped.state] == kinds
    last = sim.requests[-1].json["messages"]
    assert [message["role"] for message in last] == ["user", "assistant"]
    assert [block["type"] for block in last[1]["content"]] == kinds[:2]


async def test_an_answer_paused_without_end_is_cut_short(
    sim: AnthropicSimulator, claude: AnthropicChatModel
) -> None:
    sim.script(*[message_stream("on", stop="pause_turn")] * 9)
    stopped = (await all_of(claude, QUESTION))[-1]
    assert isinstance(stopped, ModelStopped)
    assert (stopped.reason, stopped.note) == ("length", "pause_turn")
    assert len(sim.requests) == 6
