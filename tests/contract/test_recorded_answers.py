"""Every recorded answer, through the real SDK and adapter over HTTP: what its reader says of it."""

import re
from collections.abc import AsyncGenerator, Generator
from contextlib import aclosing

import pytest
import pytest_asyncio
from msgspec import structs

from adapters.anthropic.chat import AnthropicChatModel
from adapters.compatible.chat import CompatibleChatModel
from adapters.google.chat import GoogleChatModel
from adapters.openai.chat import OpenAIChatModel
from application.ports.chat_model import ChatModel
from domain.catalog.card import ModelCard
from domain.provider_errors import ProviderError
from domain.turn.events import ModelEvent, ToolCalled
from domain.turn.prompt import Message, Prompt, TextPart
from tests.batches import one_by_one
from tests.contract.answers import without_cuts
from tests.simulators.replies import Reply, failure
from tests.simulators.server import Simulator
from tests.wire.answers import payloads, streamed
from tests.wire.readers import COMPATIBLE, WIRES, card_for, reader_for, wire_of
from tests.wire.recordings import Exchange, each, exchanges

pytestmark = pytest.mark.asyncio(loop_scope="module")

KEY = "sk-recorded"


def is_an_answer(exchange: Exchange) -> bool:
    """Return whether it is one answer as a provider sent it, and not a shortened capture."""
    return exchange.request is not None and exchange.response.get("status", 0) >= 200


ALL = [found for wire in WIRES for found in exchanges(*wire) if is_an_answer(found)]
Outcome = tuple[list[ModelEvent], type[ProviderError] | None]


@pytest.fixture(scope="module")
def server() -> Generator[Simulator, None, None]:
    with Simulator(failure(500, "nothing was scripted")) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def models(server: Simulator) -> AsyncGenerator[dict[str, ChatModel], None]:
    made = {
        "openai": OpenAIChatModel(KEY, f"{server.address}/v1"),
        "anthropic": AnthropicChatModel(KEY, server.address),
        "gemini": GoogleChatModel(KEY, server.address),
        **{
            name: CompatibleChatModel(module.DIALECT, KEY, f"{server.address}/v1")
            for name, module in COMPATIBLE.items()
        },
    }
    yield {**made}
    for model in made.values():
        await model.aclose()


def read(exchange: Exchange) -> Outcome:
    """Return what the answer's reader makes of its bytes."""
    reader = reader_for(*wire_of(exchange))
    try:
        if exchange.streams:
            return streamed(reader, payloads([exchange.body])), None
        return [*reader.whole(exchange.body)], None
    except ProviderError as error:
        return [], type(error)


async def asked(model: ChatModel, card: ModelCard) -> Outcome:
    prompt = Prompt(card, (Message("user", (TextPart("Why?"),)),))
    said: list[ModelEvent] = []
    async with aclosing(one_by_one(model.stream(prompt))) as events:
        try:
            async for event in events:
                said.append(event)  # noqa: PERF401 - a comprehension would be lost to the error
        except ProviderError as error:
            return said, type(error)
    return said, None


def told(events: list[ModelEvent]) -> list[ModelEvent]:
    """Return what is the same whenever it is read: neither cuts are, nor ids made up for calls."""
    return [
        structs.replace(event, id="made up")
        if isinstance(event, ToolCalled) and re.fullmatch("call_[0-9a-f]{32}", event.id)
        else event
        for event in without_cuts(events)
    ]


def reply(exchange: Exchange) -> Reply:
    kind = "text/event-stream" if exchange.streams else "application/json"
    return Reply([exchange.body], exchange.status, {"content-type": kind})


@each([found for found in ALL if found.status == 200])
async def test_an_answer(
    server: Simulator, models: dict[str, ChatModel], exchange: Exchange
) -> None:
    provider, wire = wire_of(exchange)
    events, error = read(exchange)
    server.script(reply(exchange))
    said, failed = await asked(models[provider], card_for(provider, wire))
    assert failed is error
    if error is None:
        assert told(said) == told(events)


@each([found for found in ALL if found.status >= 400])
async def test_an_error(
    server: Simulator, models: dict[str, ChatModel], exchange: Exchange
) -> None:
    provider, wire = wire_of(exchange)
    server.script(reply(exchange))
    said, failed = await asked(models[provider], card_for(provider, wire))
    assert said == []
    assert failed is not None
