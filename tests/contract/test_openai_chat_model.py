"""What is particular to OpenAI's interfaces, and to local servers that speak one of them."""

from collections.abc import AsyncGenerator, Callable, Iterator

import pytest

from adapters.compatible.chat import CompatibleChatModel
from adapters.compatible.local import DIALECT, LocalModels, local_card
from adapters.openai.catalog import CARDS
from adapters.openai.chat import OpenAIChatModel
from application.ports.chat_model import ChatModel
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
from domain.turn.events import ModelStopped, TextDelta, ThinkingDelta, ToolCalled
from tests.contract.answers import all_of, error_of, text_of
from tests.contract.chat_models import question
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
CARD = {card.id: card for card in CARDS}


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
async def local(sim: OpenAISimulator) -> AsyncGenerator[CompatibleChatModel, None]:
    model = CompatibleChatModel(DIALECT, base_url=sim.base_url)
    yield model
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
    "429 no money": (failure(429, "Pay", "insufficient_quota"), ProviderUnpaid),
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
    assert text_of(said) == "one two"
    assert {type(event) for event in said} == {TextDelta}
    assert_fit_for_clients(error)
    assert await all_of(openai, question(CARD["gpt-4o-mini"])), "the next answer is not harmed"


def assert_fit_for_clients(error: ProviderError) -> None:
    assert str(error)
    for hidden in (SECRET, "127.0.0.1", "<html"):
        assert hidden not in str(error)
    assert "openai" in str(error) or "local" in str(error)


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
