"""The promises of `ChatModel`, on every adapter: scripted, demo, others on a real connection."""

import asyncio
import traceback
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing
from datetime import UTC, datetime

import pytest
from msgspec import Struct

from adapters.compatible import deepseek, groq, perplexity, xai
from adapters.compatible.chat import CompatibleChatModel
from adapters.compatible.local import DIALECT, LocalModels, local_card
from adapters.demo.catalog import CARDS as DEMO_CARDS
from adapters.demo.chat import DemoChatModel
from adapters.memory.chat_model import ScriptedChatModel
from adapters.openai.catalog import CARDS
from adapters.openai.chat import OpenAIChatModel
from adapters.transport.patience import Patience
from application.ports.chat_model import ChatModel
from application.ports.clock import Clock
from domain.catalog.card import ModelCard
from domain.errors import (
    ContextTooLong,
    FirstTokenTimedOut,
    ModelNotOffered,
    NotConfigured,
    ProviderBrokeOff,
    ProviderError,
    ProviderGarbled,
    ProviderOverloaded,
    ProviderRejected,
    ProviderTimeout,
    ProviderUnauthorized,
    ProviderUnavailable,
    ProviderUnreachable,
    StreamStalled,
)
from domain.turn.events import ModelEvent, ModelStopped, TextDelta, ThinkingDelta, ToolCalled
from domain.turn.prompt import ImagePart, Message, Prompt, TextPart
from tests.batches import one_by_one
from tests.simulators.compatible_wire import PROVIDERS
from tests.simulators.openai import OpenAISimulator
from tests.simulators.openai_wire import (
    chat_body,
    chat_error_event,
    chat_stream,
    responses_stream,
)
from tests.simulators.replies import (
    Cut,
    End,
    Gate,
    Hang,
    Reply,
    delayed,
    dripped,
    failure,
    joined,
    paced,
    raw,
    spoiled,
)

SECRET = "sk-test-Abcdef1234567890"
IMPATIENT = Patience(connect_s=5.0, first_token_s=0.2, idle_s=0.2)
CARD = {card.id: card for card in CARDS}
COMPATIBLE = {module.PROVIDER: module for module in (xai, groq, deepseek, perplexity)}


class StillClock(Clock):
    """Time stands still, and waiting takes none."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(0)

    def new_id(self) -> str:
        return "00000000-0000-0000-0000-000000000000"


class Subject(Struct):
    """A model under test, one of its cards, and how to make it say something."""

    model: ChatModel
    card: ModelCard
    holds_on: Callable[[], None]
    """Makes the next answer stop after its first words until it is closed."""


@pytest.fixture
def sim() -> Iterator[OpenAISimulator]:
    with OpenAISimulator() as running:
        yield running


@pytest.fixture
async def openai(sim: OpenAISimulator) -> AsyncGenerator[OpenAIChatModel, None]:
    model = OpenAIChatModel(SECRET, sim.base_url)
    yield model
    await model.aclose()


@pytest.fixture
async def impatient(sim: OpenAISimulator) -> AsyncGenerator[OpenAIChatModel, None]:
    model = OpenAIChatModel(SECRET, sim.base_url, IMPATIENT)
    yield model
    await model.aclose()


@pytest.fixture
async def local(sim: OpenAISimulator) -> AsyncGenerator[CompatibleChatModel, None]:
    model = CompatibleChatModel(DIALECT, base_url=sim.base_url)
    yield model
    await model.aclose()


@pytest.fixture
async def compatible(
    sim: OpenAISimulator,
) -> AsyncGenerator[dict[str, CompatibleChatModel], None]:
    models = {
        name: CompatibleChatModel(module.DIALECT, SECRET, sim.address + PROVIDERS[name].path)
        for name, module in COMPATIBLE.items()
    }
    yield models
    for model in models.values():
        await model.aclose()


@pytest.fixture(
    params=["scripted", "demo", "openai chat", "openai responses", "local", *COMPATIBLE]
)
def subject(
    request: pytest.FixtureRequest,
    sim: OpenAISimulator,
    openai: OpenAIChatModel,
    local: CompatibleChatModel,
    compatible: dict[str, CompatibleChatModel],
) -> Subject:
    stream = responses_stream if request.param == "openai responses" else chat_stream
    slow = spoiled(stream("Once upon a time"), 5, Hang())
    match request.param:
        case "scripted":
            steps = [TextDelta("Hello"), TextDelta(" you"), ModelStopped("stop")]
            model = ScriptedChatModel(steps, list(steps))
            return Subject(model, CARD["gpt-4o-mini"], lambda: None)
        case "demo":
            return Subject(DemoChatModel(StillClock()), DEMO_CARDS[0], lambda: None)
        case "openai chat":
            return Subject(openai, CARD["gpt-4o-mini"], lambda: sim.script(slow))
        case "openai responses":
            return Subject(openai, CARD["gpt-5.1"], lambda: sim.script(slow))
        case "local":
            return Subject(local, local_card("Llama-3:8B"), lambda: sim.script(slow))
        case name:
            slow = spoiled(PROVIDERS[name].stream("Once upon a time"), 5, Hang())
            card = COMPATIBLE[name].CARDS[0]
            return Subject(compatible[name], card, lambda: sim.script(slow))


def question(card: ModelCard, text: str = "Hi") -> Prompt:
    return Prompt(card, (Message("user", (TextPart(text),)),))


async def all_of(model: ChatModel, prompt: Prompt) -> list[ModelEvent]:
    async with aclosing(one_by_one(model.stream(prompt))) as events:
        return [event async for event in events]


async def error_of(model: ChatModel, prompt: Prompt) -> tuple[ProviderError, list[ModelEvent]]:
    """Return the error an answer ends with, and what was said before it."""
    said: list[ModelEvent] = []

    async def read() -> None:
        async with aclosing(one_by_one(model.stream(prompt))) as events:
            async for event in events:
                said.append(event)  # noqa: PERF401 - a comprehension would be lost to the error

    with pytest.raises(ProviderError) as caught:
        await read()
    return caught.value, said


async def test_an_answer_ends_with_exactly_one_stop(subject: Subject) -> None:
    events = await all_of(subject.model, question(subject.card))
    assert [type(event) for event in events].count(ModelStopped) == 1
    assert isinstance(events[-1], ModelStopped)
    assert events[-1].reason == "stop"
    assert any(isinstance(event, TextDelta) for event in events)


async def test_one_model_answers_again_and_again(subject: Subject) -> None:
    first = await all_of(subject.model, question(subject.card))
    assert await all_of(subject.model, question(subject.card)) == first


async def test_an_answer_can_be_closed_early(subject: Subject) -> None:
    subject.holds_on()
    events = one_by_one(subject.model.stream(question(subject.card)))
    assert isinstance(await anext(events), TextDelta)
    await events.aclose()
    with pytest.raises(StopAsyncIteration):
        await anext(events)


async def test_an_answer_that_nobody_reads_costs_nothing(subject: Subject) -> None:
    await subject.model.stream(question(subject.card)).aclose()


@pytest.mark.parametrize("card", ["gpt-4o-mini", "gpt-5.1"])
async def test_closing_early_closes_the_connection(
    sim: OpenAISimulator, openai: OpenAIChatModel, card: str
) -> None:
    stream = responses_stream if card == "gpt-5.1" else chat_stream
    sim.script(spoiled(stream("Once upon a time"), 5, Hang()))
    before = asyncio.all_tasks()
    events = one_by_one(openai.stream(question(CARD[card])))
    await anext(events)
    await events.aclose()
    await sim.requests[0].client_left()
    assert asyncio.all_tasks() == before


@pytest.mark.parametrize("before_headers", [True, False])
async def test_cancelling_the_reader_closes_the_connection(
    sim: OpenAISimulator, openai: OpenAIChatModel, *, before_headers: bool
) -> None:
    hanging = chat_stream("Once upon a time")
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()

    def answer(_: object) -> Reply:
        loop.call_soon_threadsafe(asked.set)
        return delayed(hanging, Hang()) if before_headers else spoiled(hanging, 0, Hang())

    sim.script(answer)
    reading = asyncio.create_task(all_of(openai, question(CARD["gpt-4o-mini"])))
    await asked.wait()
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    await sim.requests[0].client_left()


async def test_a_finished_answer_leaves_its_connection_to_the_next(
    sim: OpenAISimulator, openai: OpenAIChatModel
) -> None:
    for _ in range(3):
        await all_of(openai, question(CARD["gpt-4o-mini"]))
    assert sim.open_connections == 1


async def test_closing_the_model_closes_its_connections(sim: OpenAISimulator) -> None:
    model = OpenAIChatModel(SECRET, sim.base_url)
    await model.aclose()
    await all_of(model, question(CARD["gpt-4o-mini"]))
    await model.aclose()
    assert await all_of(model, question(CARD["gpt-4o-mini"]))
    await model.aclose()


HELLO = chat_stream("one two three")
FAULTS: dict[str, tuple[Reply, type[ProviderError]]] = {
    "401": (failure(401, f"Incorrect API key provided: {SECRET}"), ProviderUnauthorized),
    "403": (failure(403, f"Key {SECRET} lacks scopes"), ProviderUnauthorized),
    "404": (failure(404, "The model does not exist", "model_not_found"), ModelNotOffered),
    "400": (failure(400, f"Bad value for {SECRET}"), ProviderRejected),
    "400 context": (failure(400, "Too long", "context_length_exceeded"), ContextTooLong),
    "413": (raw(b"<html>Too large</html>", status=413), ContextTooLong),
    "429": (failure(429, "Slow down", "rate_limit_exceeded"), ProviderOverloaded),
    "429 no money": (failure(429, "Pay", "insufficient_quota"), ProviderRejected),
    "500": (failure(500, "Oops", kind="server_error"), ProviderUnavailable),
    "503": (raw(b"<html>down</html>", status=503), ProviderUnavailable),
    "529": (failure(529), ProviderOverloaded),
    "HTML": (raw(b"<!doctype html><html>Log in</html>"), ProviderGarbled),
    "garbage": (raw(b"garbage", "text/event-stream"), ProviderGarbled),
    "no JSON": (raw(b"data: {]\n\n", "text/event-stream"), ProviderGarbled),
    "other JSON": (raw(b'{"hello": "world"}', "application/json"), ProviderGarbled),
    "a list": (raw(b"[1]", "application/json"), ProviderGarbled),
    "cut JSON": (raw(b'{"choices": [', "application/json"), ProviderGarbled),
    "empty": (raw(b"", "text/event-stream"), ProviderBrokeOff),
    "blank": (raw(b"\n\n\n", "text/event-stream"), ProviderBrokeOff),
    "only comments": (raw(b": hello\n\n: again", "text/event-stream"), ProviderBrokeOff),
    "only the end mark": (raw(b"data: [DONE]\n\n", "text/event-stream"), ProviderBrokeOff),
    "no headers": (delayed(HELLO, Cut()), ProviderBrokeOff),
    "closed at once": (delayed(HELLO, End()), ProviderBrokeOff),
    "no HTTP": (delayed(HELLO, b"garbage\r\n\r\n"), ProviderGarbled),
    "reset after headers": (spoiled(HELLO, 0, Cut()), ProviderBrokeOff),
    "error in a body": (raw(b'{"error": {"code": "server_error"}}'), ProviderUnavailable),
}
LATER_FAULTS: dict[str, tuple[Reply, type[ProviderError]]] = {
    "reset": (spoiled(HELLO, 3, Cut()), ProviderBrokeOff),
    "closed": (spoiled(HELLO, 3, End()), ProviderBrokeOff),
    "ends early": (spoiled(HELLO, 3, b": bye\n\n"), ProviderBrokeOff),
    "ends inside an event": (spoiled(HELLO, 3, b'data: {"choi'), ProviderBrokeOff),
    "garbage": (spoiled(HELLO, 3, b"data: garbage\n\n"), ProviderGarbled),
    "error event": (spoiled(HELLO, 3, chat_error_event()), ProviderUnavailable),
    "overload event": (
        spoiled(HELLO, 3, chat_error_event("Slow", "rate_limit_exceeded")),
        ProviderOverloaded,
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", ["openai", "local"])
async def test_faults_before_the_first_word(
    sim: OpenAISimulator,
    openai: OpenAIChatModel,
    local: CompatibleChatModel,
    fault: str,
    name: str,
) -> None:
    model: ChatModel = {"openai": openai, "local": local}[name]
    reply, kind = FAULTS[fault]
    sim.script(reply)
    error, said = await error_of(model, question(CARD["gpt-4o-mini"]))
    assert type(error) is kind
    assert error.provider == name
    assert said == []
    assert_fit_for_clients(error)
    assert len(sim.requests) == 1, "nothing is retried in here"


@pytest.mark.parametrize("fault", ["401", "429", "500", "HTML", "garbage", "no headers", "empty"])
async def test_faults_of_the_other_interface(
    sim: OpenAISimulator, openai: OpenAIChatModel, fault: str
) -> None:
    reply, kind = FAULTS[fault]
    sim.script(reply)
    error, said = await error_of(openai, question(CARD["gpt-5.1"]))
    assert (type(error), said) == (kind, [])
    assert_fit_for_clients(error)


@pytest.mark.parametrize("fault", LATER_FAULTS)
async def test_faults_in_mid_answer(
    sim: OpenAISimulator, openai: OpenAIChatModel, fault: str
) -> None:
    reply, kind = LATER_FAULTS[fault]
    sim.script(reply)
    error, said = await error_of(openai, question(CARD["gpt-4o-mini"]))
    assert type(error) is kind
    assert said == [TextDelta("one"), TextDelta(" two")]
    assert_fit_for_clients(error)
    assert await all_of(openai, question(CARD["gpt-4o-mini"])), "the next answer is not harmed"


def assert_fit_for_clients(error: ProviderError) -> None:
    assert str(error)
    for hidden in (SECRET, "127.0.0.1", "<html"):
        assert hidden not in str(error)
    assert "openai" in str(error) or "local" in str(error)


async def test_how_long_to_wait_is_passed_on(sim: OpenAISimulator, openai: OpenAIChatModel) -> None:
    sim.script(failure(429, retry_after="7"), failure(429))
    first, _ = await error_of(openai, question(CARD["gpt-4o-mini"]))
    second, _ = await error_of(openai, question(CARD["gpt-4o-mini"]))
    assert isinstance(first, ProviderOverloaded)
    assert isinstance(second, ProviderOverloaded)
    assert (first.retry_after_s, second.retry_after_s) == (7.0, None)


@pytest.mark.parametrize("card", ["gpt-4o-mini", "gpt-5.1"])
@pytest.mark.parametrize("silence", ["before the headers", "before the first byte", "later"])
async def test_silence_is_an_error(
    sim: OpenAISimulator, impatient: OpenAIChatModel, card: str, silence: str
) -> None:
    stream = responses_stream if card == "gpt-5.1" else chat_stream
    await impatient.warm_up()
    match silence:
        case "before the headers":
            sim.script(delayed(stream(), Hang()))
        case "before the first byte":
            sim.script(spoiled(stream(), 0, Hang()))
        case _:
            sim.script(spoiled(stream(), 3, Hang()))
    error, _ = await error_of(impatient, question(CARD[card]))
    assert type(error) is (StreamStalled if silence == "later" else FirstTokenTimedOut)
    await sim.requests[0].client_left()


async def test_nobody_there() -> None:
    model = OpenAIChatModel(SECRET, "http://127.0.0.1:1/v1")
    error, _ = await error_of(model, question(CARD["gpt-4o-mini"]))
    assert type(error) is ProviderUnreachable
    assert_fit_for_clients(error)
    await model.aclose()


async def test_an_address_that_is_none() -> None:
    model = OpenAIChatModel(SECRET, "nonsense://x")
    error, _ = await error_of(model, question(CARD["gpt-4o-mini"]))
    assert type(error) is ProviderUnreachable
    await model.aclose()


@pytest.mark.parametrize("key", [None, ""])
async def test_a_missing_key_names_its_variable(sim: OpenAISimulator, key: str | None) -> None:
    model = OpenAIChatModel(key, sim.base_url)
    await model.warm_up()
    with pytest.raises(NotConfigured, match="OPENAI_API_KEY") as caught:
        await all_of(model, question(CARD["gpt-4o-mini"]))
    assert caught.value.key == "OPENAI_API_KEY"
    assert sim.requests == []
    await model.aclose()


async def test_the_sdks_exception_is_the_cause(
    sim: OpenAISimulator, openai: OpenAIChatModel
) -> None:
    sim.script(failure(500))
    error, _ = await error_of(openai, question(CARD["gpt-4o-mini"]))
    assert type(error.__cause__).__name__ == "InternalServerError"
    assert "openai." in "".join(traceback.format_exception(error))


@pytest.mark.parametrize("shape", [dripped, joined, lambda reply: paced(reply, 0.0)])
@pytest.mark.parametrize("card", ["gpt-4o-mini", "gpt-5.1"])
async def test_however_it_is_sent(
    sim: OpenAISimulator, openai: OpenAIChatModel, card: str, shape: Callable[[Reply], Reply]
) -> None:
    stream = responses_stream if card == "gpt-5.1" else chat_stream
    calls = [("c1", "clock", '{"zone": "UTC"}'), ("c2", "noon", "")]
    sim.script(shape(stream("Grüße 🌍 you", thinking=["Hm", "m"], calls=calls)))
    events = await all_of(openai, question(CARD[card]))
    assert "".join(e.text for e in events if isinstance(e, TextDelta)) == "Grüße 🌍 you"
    assert "".join(e.text for e in events if isinstance(e, ThinkingDelta)) == "Hmm"
    told = [(e.id, e.name, e.arguments) for e in events if isinstance(e, ToolCalled)]
    assert told == [("c1", "clock", {"zone": "UTC"}), ("c2", "noon", {})]
    assert isinstance(events[-1], ModelStopped)
    assert events[-1].reason == "tool_calls"
    assert events[-1].usage is not None


async def test_words_come_as_they_are_written(
    sim: OpenAISimulator, openai: OpenAIChatModel
) -> None:
    gate = Gate()
    reply = chat_stream("one two")
    sim.script(gated(reply, gate))
    async with aclosing(one_by_one(openai.stream(question(CARD["gpt-4o-mini"])))) as events:
        assert await anext(events) == TextDelta("one")
        sim.open(gate)
        assert await anext(events) == TextDelta(" two")


def gated(reply: Reply, gate: Gate) -> Reply:
    return Reply([*reply.steps[:2], gate, *reply.steps[2:]], reply.status, reply.headers)


async def test_an_answer_in_one_piece(sim: OpenAISimulator, openai: OpenAIChatModel) -> None:
    sim.script(chat_body("Whole"), dripped(chat_body("Whole")))
    for _ in range(2):
        [said, stopped] = await all_of(openai, question(CARD["gpt-4o-mini"]))
        assert said == TextDelta("Whole")
        assert isinstance(stopped, ModelStopped)


async def test_streams_that_end_without_a_blank_line(
    sim: OpenAISimulator, openai: OpenAIChatModel
) -> None:
    body = HELLO.body
    sim.script(raw(body.rstrip(b"\n"), "text/plain"), raw(body.removesuffix(b"data: [DONE]\n\n")))
    for _ in range(2):
        events = await all_of(openai, question(CARD["gpt-4o-mini"]))
        assert isinstance(events[-1], ModelStopped)


async def test_what_is_sent(
    sim: OpenAISimulator, openai: OpenAIChatModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_ORG_ID", "org-of-somebody")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1/v1")
    await all_of(openai, question(CARD["gpt-4o-mini"]))
    await all_of(openai, question(CARD["gpt-5.1"]))
    chat, responses = sim.requests
    assert chat.path == "/v1/chat/completions"
    assert chat.headers["authorization"] == f"Bearer {SECRET}"
    assert "openai-organization" not in chat.headers
    assert chat.json["messages"] == [{"role": "user", "content": "Hi"}]
    assert chat.json["stream"] is True
    assert responses.path == "/v1/responses"
    assert responses.json["input"][0]["role"] == "user"
    assert responses.json["store"] is False


async def test_local_models_need_no_key_and_keep_their_spelling(sim: OpenAISimulator) -> None:
    models = LocalModels(sim.base_url)
    await models.warm_up()
    cards = await models.list_models()
    assert [(card.id, card.model) for card in cards] == [
        ("local/gpt-4o-mini", "gpt-4o-mini"),
        ("local/llama-3:8b", "Llama-3:8B"),
    ]
    sim.script(chat_stream("<think>hm</think>\n\nyes"))
    events = await all_of(models, question(cards[1]))
    assert events[:2] == [ThinkingDelta("hm"), TextDelta("yes")]
    assert sim.requests[-1].json["model"] == "Llama-3:8B"
    assert local_card("local/Mistral Large ").id == "local/mistral large"
    await models.aclose()


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (failure(500), ProviderUnavailable),
        (raw(b"<html>"), ProviderGarbled),
        (raw(b'{"data": 5}', "application/json"), ProviderGarbled),
        (delayed(raw(b""), Cut()), ProviderBrokeOff),
    ],
)
async def test_a_local_server_that_lists_nothing(
    sim: OpenAISimulator, reply: Reply, kind: type[ProviderError]
) -> None:
    models = LocalModels(sim.base_url)
    sim.script(reply, reply)  # A list is asked for again when the connection breaks.
    with pytest.raises(ProviderError) as caught:
        await models.list_models()
    assert type(caught.value) is kind
    await models.aclose()


def test_a_dialect_without_an_address_needs_one() -> None:
    with pytest.raises(ValueError, match="local needs a base URL"):
        CompatibleChatModel(DIALECT)


def demo(text: str, *parts: ImagePart) -> Prompt:
    return Prompt(DEMO_CARDS[0], (Message("user", (TextPart(text), *parts)),))


async def said_by_demo(text: str, *parts: ImagePart, clock: StillClock | None = None) -> str:
    events = await all_of(DemoChatModel(clock or StillClock()), demo(text, *parts))
    return "".join(event.text for event in events if isinstance(event, TextDelta))


async def test_the_demonstration_says_what_it_is_and_what_it_was_sent() -> None:
    said = await said_by_demo("Hello there", ImagePart("https://x/y"))
    assert said.startswith("This is a demonstration")
    assert "1 message with 11 characters and 1 attachment" in said
    assert '"Hello there"' in said
    for command in ("/help", "/long 300", "/think"):
        assert "demonstration" in await said_by_demo(command)


async def test_commands_of_the_demonstration() -> None:
    assert len((await said_by_demo("/long 500")).split()) == 500
    clock = StillClock()
    await said_by_demo("/slow 20 ms /long 3", clock=clock)
    assert clock.slept == [0.02] * 3
    events = await all_of(DemoChatModel(clock), demo("/think"))
    assert isinstance(events[0], ThinkingDelta)
    error, said = await error_of(DemoChatModel(clock), demo("/error timeout"))
    assert (type(error), said) == (ProviderTimeout, [])
    error, said = await error_of(DemoChatModel(clock), demo("/error broken"))
    assert (type(error), len(said)) == (ProviderBrokeOff, 5)


async def test_a_script_waits_at_its_gates_and_raises_its_errors() -> None:
    gate, broken = asyncio.Event(), ProviderBrokeOff("acme", "gone")
    model = ScriptedChatModel([TextDelta("a"), gate, TextDelta("b"), broken])
    reading = asyncio.create_task(error_of(model, question(CARD["o3"])))
    await model.waiting.wait()
    gate.set()
    error, said = await reading
    assert (error, said) == (broken, [TextDelta("a"), TextDelta("b")])
    assert model.prompts == [question(CARD["o3"])]
    model.assert_played()


async def test_a_script_complains_of_what_was_not_played() -> None:
    model = ScriptedChatModel([TextDelta("a"), TextDelta("b")], [TextDelta("c")])
    async with aclosing(one_by_one(model.stream(question(CARD["o3"])))) as events:
        await anext(events)
    assert model.closed_early == 1
    with pytest.raises(AssertionError, match="unplayed"):
        model.assert_played()


async def test_a_script_complains_of_what_it_does_not_hold() -> None:
    with pytest.raises(AssertionError, match="question 1 is not in the script"):
        await all_of(ScriptedChatModel(), question(CARD["o3"]))
