"""Recorded answers with tool calls, of every provider, worked through by the agent.

The tools answer at once, the model's next words are made up; what is looked at is that every call
gets its result, in order, and that the provider's next request holds what it wants back.
"""

from collections.abc import AsyncGenerator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from msgspec import structs

from adapters.anthropic.request import messages_request
from adapters.google.request import generate_request
from adapters.openai.responses_request import responses_request
from adapters.transport.chat_wire.quirks import ChatQuirks
from adapters.transport.chat_wire.request import chat_request
from application.agent.tool import Tool, ToolContext
from application.ports.chat_model import ChatModel
from domain.tools import ToolSpec
from domain.turn.events import ModelEvent, ModelStopped, TextDelta, ToolCalled, ToolReturned
from domain.turn.prompt import Prompt
from tests.unit.agent_rig import PROMPT, AgentRig
from tests.wire.answers import payloads, pieces, streamed
from tests.wire.readers import COMPATIBLE, WIRES, card_for, reader_for, wire_of
from tests.wire.recordings import Exchange, each, exchanges

TOOLS = 40
"""More rounds than any recorded conversation has calls."""


class Echo(Tool):
    """Answers any arguments with themselves."""

    takes = None

    def __init__(self, name: str) -> None:
        self.spec = ToolSpec(name, "Echoes", {"type": "object", "properties": _Anything()})

    async def __call__(self, arguments: Any, context: ToolContext) -> Mapping[str, Any]:
        return {"echo": dict(arguments)}


class _Anything(dict[str, Any]):
    """Declares every parameter."""

    def __contains__(self, key: object) -> bool:
        return True


class Recorded(ChatModel):
    """Says what was recorded, and then that it is done; keeps what it was asked."""

    def __init__(self, events: Sequence[ModelEvent]) -> None:
        self._rounds = [events, [TextDelta("Done."), ModelStopped("stop")]]
        self.prompts: list[Prompt] = []

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Sequence[ModelEvent], None]:
        self.prompts.append(prompt)
        for event in self._rounds[len(self.prompts) - 1]:
            yield (event,)


def said_by(exchange: Exchange, size: int) -> list[ModelEvent]:
    """Return the events of an answer whose bytes came in pieces of that size."""
    reader = reader_for(*wire_of(exchange))
    if exchange.streams:
        return streamed(reader, payloads(pieces(exchange.body, size)))
    return [*reader.whole(exchange.body)]


def ours(events: Sequence[ModelEvent]) -> list[ToolCalled]:
    return [e for e in events if isinstance(e, ToolCalled) and not e.run_by_provider]


def calls_tools(exchange: Exchange) -> bool:
    if exchange.response.get("status") != 200 or exchange.request is None:
        return False
    try:
        return bool(ours(said_by(exchange, 1 << 20)))
    except Exception:  # noqa: BLE001 - what cannot be read has tests of its own
        return False


WITH_CALLS = [found for wire in WIRES for found in exchanges(*wire) if calls_tools(found)]


def request_of(prompt: Prompt, provider: str, wire: str) -> dict[str, Any]:
    match wire:
        case "responses":
            return responses_request(prompt)
        case "messages":
            return messages_request(prompt)
        case "generate":
            return generate_request(prompt)
        case _:
            quirks = COMPATIBLE[provider].DIALECT.quirks if provider in COMPATIBLE else None
            return chat_request(prompt, quirks or ChatQuirks())


@each(WITH_CALLS)
async def test_every_call_has_its_result_and_the_provider_gets_back_what_it_wants(
    exchange: Exchange,
) -> None:
    provider, wire = wire_of(exchange)
    events = said_by(exchange, 7)
    calls = ours(events)
    rig = AgentRig(*(Echo(name) for name in dict.fromkeys(call.name for call in calls)))
    model = Recorded(events)
    prompt = structs.replace(PROMPT, card=card_for(provider, wire))
    heard = await rig.reply(model, prompt)
    told = [e for e in heard if isinstance(e, ToolCalled | ToolReturned)]
    mine = [e for e in told if isinstance(e, ToolReturned) or not e.run_by_provider]
    assert len(mine) == 2 * len(calls)
    for start, returned in list(pairwise(mine))[::2]:
        assert isinstance(start, ToolCalled)
        assert isinstance(returned, ToolReturned)
        assert start.id == returned.id
        assert start.id
    assert [e.name for e in mine[::2]] == [call.name for call in calls]

    (done,) = model.prompts[1].rounds
    assert [result.id for result in done.results] == [call.id for call in done.calls]
    assert isinstance(events[-1], ModelStopped)
    assert done.state == events[-1].state
    sent = msgspec.json.encode(request_of(model.prompts[1], provider, wire)).decode()
    for signature in _signatures(done.state):
        assert signature in sent, "what was signed goes back as it came"
    for result in done.results:
        assert msgspec.json.encode(result.name).decode() in sent
    assert sent.count("echo") >= len(calls)


def _signatures(value: Any) -> list[str]:
    """Return whatever is signed or encrypted in a state."""
    if isinstance(value, Mapping):
        found = [
            each
            for key, each in value.items()
            if key in ("signature", "thoughtSignature", "encrypted_content", "data")
            and isinstance(each, str)
        ]
        return found + [one for each in value.values() for one in _signatures(each)]
    if isinstance(value, list | tuple):
        return [one for each in value for one in _signatures(each)]
    return []


@pytest.mark.skipif(not WITH_CALLS, reason="the recorded provider traffic is not there")
def test_the_recordings_hold_all_that_is_claimed() -> None:
    said = [(wire_of(found)[0], said_by(found, 1 << 20)) for found in WITH_CALLS]
    assert {provider for provider, _ in said} >= {"openai", "anthropic", "gemini"}
    assert any(len(ours(events)) > 1 for _, events in said), "parallel calls"
    assert any(not call.arguments for _, events in said for call in ours(events)), "no arguments"
    spoken = (events for _, events in said if any(isinstance(e, TextDelta) for e in events))
    assert any(spoken), "a call and text in one message"
    assert any(_signatures(events[-1].state) for _, events in said), "signatures"  # type: ignore[union-attr]
