"""Every compatible provider, every fault: the error that comes of it, over a real connection."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace

import aiohttp
import pytest
import pytest_asyncio
from msgspec import structs

from adapters.compatible import deepseek, groq, perplexity, xai
from adapters.compatible.chat import CompatibleChatModel
from adapters.transport.chat_wire.events import ChatReader
from adapters.transport.patience import Patience
from adapters.transport.streaming import MOST_BYTES, RawAnswer, read_answer
from domain.errors import NotConfigured
from domain.provider_errors import (
    ContextTooLong,
    FirstTokenTimedOut,
    ModelNotOffered,
    ProviderBrokeOff,
    ProviderError,
    ProviderGarbled,
    ProviderOverloaded,
    ProviderRejected,
    ProviderUnauthorized,
    ProviderUnavailable,
    ProviderUnpaid,
    ProviderUnreachable,
    StreamStalled,
)
from domain.turn.events import ModelEvent, ModelStopped, SourceCited, TextDelta, ThinkingDelta
from domain.turn.prompt import Message, Prompt, TextPart
from tests.batches import one_by_one
from tests.simulators.body import Body, asked
from tests.simulators.compatible_wire import KEY, PROVIDERS, Provider
from tests.simulators.openai import OpenAISimulator
from tests.simulators.replies import (
    Cut,
    End,
    Hang,
    Reply,
    delayed,
    dripped,
    joined,
    raw,
    spoiled,
)

_MEGABYTE = b"x" * 1_000_000
MODULES = {module.PROVIDER: module for module in (xai, groq, deepseek, perplexity)}
IMPATIENT = Patience(connect_s=5.0, first_token_s=0.2, idle_s=0.2, slow_s=0.2)
pytestmark = pytest.mark.asyncio(loop_scope="module")
each_provider = pytest.mark.parametrize("name", MODULES)


@pytest.fixture(scope="module")
def server() -> Iterator[OpenAISimulator]:
    with OpenAISimulator() as running:
        yield running


@pytest.fixture
def sim(server: OpenAISimulator) -> OpenAISimulator:
    server.requests.clear()
    return server


def model_of(
    name: str, server: OpenAISimulator, patience: Patience | None = None
) -> CompatibleChatModel:
    address = server.address + PROVIDERS[name].path
    return CompatibleChatModel(MODULES[name].DIALECT, KEY, address, patience)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def models(server: OpenAISimulator) -> AsyncGenerator[dict[str, CompatibleChatModel], None]:
    """The same models for every fault, so that none may harm the next answer."""
    made = {name: model_of(name, server) for name in MODULES}
    yield made
    for model in made.values():
        await model.aclose()


@pytest.fixture
def model(models: dict[str, CompatibleChatModel], name: str) -> CompatibleChatModel:
    return models[name]


def question(name: str) -> Prompt:
    return Prompt(MODULES[name].CARDS[0], (Message("user", (TextPart("Hi"),)),))


async def heard(
    events: AsyncGenerator[ModelEvent, None],
) -> tuple[list[ModelEvent], ProviderError | None]:
    """Return what was said, and the error it ended with, if it did."""
    said: list[ModelEvent] = []
    async with aclosing(events):
        try:
            async for event in events:
                said.append(event)  # noqa: PERF401 - a comprehension would be lost to the error
        except ProviderError as error:
            return said, error
    return said, None


async def refusal(
    sim: OpenAISimulator, model: CompatibleChatModel, name: str, reply: Reply
) -> ProviderError:
    """Return the error that the reply makes before the first word."""
    sim.script(reply)
    said, error = await heard(one_by_one(model.stream(question(name))))
    assert said == []
    assert error is not None
    assert error.provider == name
    assert name in str(error)
    for hidden in (KEY, "127.0.0.1", "<html"):
        assert hidden not in str(error)
    assert len(sim.requests) == 1, "nothing is retried in here"
    return error


STATUSES: dict[int, type[ProviderError]] = {
    400: ProviderRejected,
    401: ProviderUnauthorized,
    403: ProviderUnauthorized,
    404: ModelNotOffered,
    408: ProviderUnavailable,
    413: ContextTooLong,
    422: ProviderRejected,
    429: ProviderOverloaded,
    500: ProviderUnavailable,
    502: ProviderUnavailable,
    503: ProviderUnavailable,
    504: ProviderUnavailable,
    529: ProviderOverloaded,
}
MEANINGS: dict[str, type[ProviderError]] = {
    "bad key": ProviderUnauthorized,
    "no model": ModelNotOffered,
    "too long": ContextTooLong,
    "too long at once": ContextTooLong,
    "slow down": ProviderOverloaded,
    "no money": ProviderUnpaid,
}


@each_provider
@pytest.mark.parametrize("status", STATUSES)
async def test_statuses(
    sim: OpenAISimulator, model: CompatibleChatModel, name: str, status: int
) -> None:
    error = await refusal(sim, model, name, PROVIDERS[name].refuse(status, f"About {KEY}: no"))
    assert type(error) is STATUSES[status]


@pytest.mark.parametrize(
    ("name", "fault"),
    [(name, fault) for name, provider in PROVIDERS.items() for fault in provider.refusals],
)
async def test_refusals_in_the_providers_own_words(
    sim: OpenAISimulator, model: CompatibleChatModel, name: str, fault: str
) -> None:
    error = await refusal(sim, model, name, PROVIDERS[name].refusals[fault])
    assert type(error) is MEANINGS[fault]


@each_provider
async def test_a_refusal_that_says_200(
    sim: OpenAISimulator, model: CompatibleChatModel, name: str
) -> None:
    reply = replace(PROVIDERS[name].refusals["too long"], status=200)
    assert type(await refusal(sim, model, name, reply)) is ContextTooLong


@each_provider
@pytest.mark.parametrize(("header", "wait_s"), [("7", 7.0), (None, None)])
async def test_how_long_to_wait(
    sim: OpenAISimulator,
    model: CompatibleChatModel,
    name: str,
    header: str | None,
    wait_s: float | None,
) -> None:
    reply = PROVIDERS[name].refuse(429, "Too many requests")
    headers = {**reply.headers} | ({"retry-after": header} if header else {})
    error = await refusal(sim, model, name, Reply(reply.steps, 429, headers))
    assert isinstance(error, ProviderOverloaded)
    assert error.retry_after_s == wait_s


FAULTS: dict[str, tuple[Callable[[Reply], Reply], type[ProviderError]]] = {
    "page": (lambda _: raw(b"<!doctype html><html>Log in</html>"), ProviderGarbled),
    "no protocol": (lambda _: raw(b"garbage", "text/event-stream"), ProviderGarbled),
    "no JSON": (lambda _: raw(b"data: {]\n\n", "text/event-stream"), ProviderGarbled),
    "other JSON": (lambda _: raw(b'{"hello": 1}', "application/json"), ProviderGarbled),
    "cut JSON": (lambda _: raw(b'{"choices": [', "application/json"), ProviderGarbled),
    "empty": (lambda _: raw(b"", "text/event-stream"), ProviderBrokeOff),
    "blank": (lambda _: raw(b"\r\n\r\n", "application/json"), ProviderBrokeOff),
    "only comments": (lambda _: raw(b": keep-alive\n\n" * 3), ProviderBrokeOff),
    "only the end mark": (lambda _: raw(b"data: [DONE]\n\n"), ProviderBrokeOff),
    "reset after the headers": (lambda whole: spoiled(whole, 0, Cut()), ProviderBrokeOff),
    "no HTTP": (lambda whole: delayed(whole, b"garbage\r\n\r\n"), ProviderGarbled),
}


@each_provider
@pytest.mark.parametrize("fault", FAULTS)
async def test_what_is_no_answer(
    sim: OpenAISimulator, model: CompatibleChatModel, name: str, fault: str
) -> None:
    spoil, kind = FAULTS[fault]
    error = await refusal(sim, model, name, spoil(PROVIDERS[name].stream("one two three")))
    assert type(error) is kind


LATER: dict[str, tuple[Callable[[Provider], bytes | Cut | End], type[ProviderError]]] = {
    "reset": (lambda _: Cut(), ProviderBrokeOff),
    "closed": (lambda _: End(), ProviderBrokeOff),
    "garbage": (lambda _: b"data: garbage\n\n", ProviderGarbled),
    "half an event": (lambda _: b'data: {"choi', ProviderBrokeOff),
    "overloaded": (lambda provider: provider.overloaded, ProviderOverloaded),
    "refused": (
        lambda provider: b"data: " + provider.refusals["too long"].body + b"\n\n",
        ContextTooLong,
    ),
}


@each_provider
@pytest.mark.parametrize("fault", LATER)
async def test_faults_in_mid_answer(
    sim: OpenAISimulator, model: CompatibleChatModel, name: str, fault: str
) -> None:
    provider = PROVIDERS[name]
    how, kind = LATER[fault]
    whole = provider.stream("one two three")
    # Groq and DeepSeek say something else first.
    said_by = {"groq": 3, "deepseek": 3}.get(name, 2)
    sim.script(spoiled(whole, said_by, how(provider)))
    said, error = await heard(one_by_one(model.stream(question(name))))
    assert text_of(said) == "one two"
    assert error is not None
    assert (type(error), error.provider) == (kind, name)
    _, error = await heard(one_by_one(model.stream(question(name))))
    assert error is None, "the next answer is not harmed"


@each_provider
@pytest.mark.parametrize("silence", ["before the headers", "before the first byte", "later"])
async def test_silence(sim: OpenAISimulator, name: str, silence: str) -> None:
    whole = PROVIDERS[name].stream("one two three")
    cases = {
        "before the headers": delayed(whole, Hang()),
        "before the first byte": spoiled(whole, 0, Hang()),
        "later": spoiled(whole, 3, Hang()),
    }
    sim.script(cases[silence])
    model = model_of(name, sim, IMPATIENT)
    await model.warm_up()
    _, error = await heard(one_by_one(model.stream(question(name))))
    assert type(error) is (StreamStalled if silence == "later" else FirstTokenTimedOut)
    await sim.requests[0].client_left()
    await model.aclose()


@each_provider
async def test_closing_early_closes_the_connection(
    sim: OpenAISimulator, model: CompatibleChatModel, name: str
) -> None:
    sim.script(spoiled(PROVIDERS[name].stream("one two three"), 3, Hang()))
    before = asyncio.all_tasks()
    events = one_by_one(model.stream(question(name)))
    assert text_of([await anext(events)]).startswith("one")
    await events.aclose()
    await sim.requests[0].client_left()
    assert asyncio.all_tasks() == before


@each_provider
@pytest.mark.parametrize("shape", [dripped, joined, lambda reply: reply])
async def test_however_it_is_sent(
    sim: OpenAISimulator, model: CompatibleChatModel, name: str, shape: Callable[[Reply], Reply]
) -> None:
    sim.script(shape(PROVIDERS[name].stream("Grüße 🌍 you", ["Hm", "m"])))
    said, error = await heard(one_by_one(model.stream(question(name))))
    assert error is None
    assert "".join(event.text for event in said if isinstance(event, TextDelta)) == "Grüße 🌍 you"
    assert "".join(event.text for event in said if isinstance(event, ThinkingDelta)) == "Hmm"
    pages = [event.url for event in said if isinstance(event, SourceCited)]
    assert pages == (["https://a.example", "https://b.example"] if name == "perplexity" else [])
    stopped = said[-1]
    assert isinstance(stopped, ModelStopped)
    assert stopped.usage is not None
    assert stopped.usage.input_tokens == 7


async def test_deepseek_says_nothing_for_a_while_before_a_whole_answer(
    sim: OpenAISimulator, models: dict[str, CompatibleChatModel]
) -> None:
    body = b'{"choices": [{"message": {"content": "Whole"}, "finish_reason": "stop"}]}'
    sim.script(raw(b"\n\n\n" + body, "application/json"))
    said, error = await heard(one_by_one(models["deepseek"].stream(question("deepseek"))))
    assert (said, error) == ([TextDelta("Whole"), ModelStopped("stop")], None)


@each_provider
async def test_where_questions_go(
    sim: OpenAISimulator, model: CompatibleChatModel, name: str
) -> None:
    await heard(one_by_one(model.stream(question(name))))
    [asked] = sim.requests
    assert asked.path == f"{PROVIDERS[name].path}/chat/completions"
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    assert asked.json["model"] == MODULES[name].CARDS[0].model


@each_provider
async def test_a_missing_key_names_its_variable(name: str) -> None:
    model = CompatibleChatModel(MODULES[name].DIALECT)
    with pytest.raises(NotConfigured) as caught:
        await heard(one_by_one(model.stream(question(name))))
    assert caught.value.key == f"{name.upper()}_API_KEY"
    await model.aclose()


@each_provider
async def test_nobody_there(name: str) -> None:
    nowhere = structs.replace(MODULES[name].DIALECT, base_url="http://127.0.0.1:1")
    model = CompatibleChatModel(nowhere, KEY)
    said, error = await heard(one_by_one(model.stream(question(name))))
    assert (said, type(error)) == ([], ProviderUnreachable)
    await model.aclose()


def reading(name: str, answer: Body) -> AsyncGenerator[ModelEvent, None]:
    reader = ChatReader(name, MODULES[name].DIALECT.quirks)
    return one_by_one(read_answer(name, asked(answer), reader, Patience()))


@each_provider
@pytest.mark.parametrize("failure", [None, aiohttp.ClientPayloadError("cut")])
async def test_cut_after_each_byte(name: str, failure: Exception | None) -> None:
    body = PROVIDERS[name].stream("one two", ["Hm"]).body
    whole, _ = await heard(reading(name, Body(body, None)))
    told_why = body.index(b"\n", body.index(b'"finish_reason":"stop"'))
    end = told_why - body[:told_why].endswith(b"\r")
    for at in range(end):
        said, error = await heard(reading(name, Body(body[:at], failure)))
        assert type(error) is ProviderBrokeOff, body[:at]
        assert text_of(whole).startswith(text_of(said))
        assert not any(isinstance(event, ModelStopped) for event in said)
    if failure is None:
        for at in range(end, len(body)):
            said, error = await heard(reading(name, Body(body[:at], None)))
            assert error is None, body[:at]
            assert text_of(said) == text_of(whole)
            assert isinstance(said[-1], ModelStopped)


class Endless(RawAnswer):
    """A beginning, and then the same megabyte again and again."""

    def __init__(self, beginning: bytes) -> None:
        self._next = beginning
        self.read_bytes = 0

    async def read(self) -> bytes:
        piece, self._next = self._next, _MEGABYTE
        self.read_bytes += len(piece)
        return piece

    def close(self) -> None:
        """Nothing is open."""


@pytest.mark.parametrize("beginning", [b'{"choices":"', b"data: ", b"data: {}\n"])
async def test_bytes_without_end_are_not_kept(beginning: bytes) -> None:
    answer = Endless(beginning)

    @asynccontextmanager
    async def asked() -> AsyncGenerator[RawAnswer, None]:
        yield answer

    answering = read_answer("acme", asked(), ChatReader("acme"), Patience())
    said, error = await heard(one_by_one(answering))
    assert (said, type(error)) == ([], ProviderGarbled)
    assert answer.read_bytes <= MOST_BYTES + 2 * len(_MEGABYTE)


def text_of(events: list[ModelEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, ThinkingDelta | TextDelta))
