"""`POST /chat/stream`: the answer as server-sent events."""

import asyncio

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.ids import TurnId
from domain.provider_errors import ProviderBrokeOff
from domain.turn.entries import Entry
from domain.turn.events import TextDelta, ThinkingDelta, ToolCalled
from entrypoints.web.wire.text_stream import as_events
from tests.api.event_stream import events
from tests.api.offline_app import Parley
from tests.api.raw_client import RawClient
from tests.api.test_chat import QUESTION, ended


async def test_text_arrives_as_it_is(parley: Parley, anna: httpx.AsyncClient) -> None:
    parley.script([TextDelta("Hel"), TextDelta("lo\n\n  there"), TextDelta(" \n")])
    answer = await anna.post("/chat/stream", json=QUESTION)
    *text, end = events(answer.text)
    assert ("".join(text), end) == ("Hello\n\n  there \n", "[DONE]")
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["x-accel-buffering"] == "no"


async def test_one_space_follows_the_colon(parley: Parley, anna: httpx.AsyncClient) -> None:
    parley.script([TextDelta(" a\nb")])
    answer = await anna.post("/chat/stream", json=QUESTION)
    assert answer.text == "data:  a\ndata: b\n\ndata: [DONE]\n\n"


@given(st.lists(st.text(st.characters(exclude_characters="\r", exclude_categories=["Cs"]))))
def test_joined_text_is_the_answer(pieces: list[str]) -> None:
    batch = [Entry(n, n, TextDelta(piece)) for n, piece in enumerate(pieces, 1)]
    assert "".join(events(as_events(batch))) == "".join(pieces)


@pytest.mark.parametrize("text", ["[DONE]", "[ERROR: no]", '{"type": "reasoning"}'])
async def test_a_model_cannot_speak_for_the_stream(
    parley: Parley, anna: httpx.AsyncClient, text: str
) -> None:
    parley.script([TextDelta(text)])
    *said, end = events((await anna.post("/chat/stream", json=QUESTION)).text)
    assert ("".join(said), end) == (text, "[DONE]")
    assert text not in said


async def test_reasoning_and_tools_are_objects(parley: Parley, anna: httpx.AsyncClient) -> None:
    call = ToolCalled("c1", "web_search", {"query": "tides"}, "openai", run_by_provider=True)
    parley.script([ThinkingDelta("hm"), call, TextDelta("x")])
    thinking, tool, *_ = events((await anna.post("/chat/stream", json=QUESTION)).text)
    assert thinking == '{"type":"reasoning","content":"hm"}'
    assert '"type":"tool_call"' in tool
    assert '"toolName":"web_search"' in tool
    assert tool.endswith('"requires_action":false}')


async def test_a_late_failure_takes_the_place_of_the_end(
    parley: Parley, anna: httpx.AsyncClient
) -> None:
    parley.script([TextDelta("Lis"), ProviderBrokeOff("openai", "openai broke\noff")])
    answer = await anna.post("/chat/stream", json=QUESTION)
    assert answer.status_code == 200
    assert events(answer.text) == ["Lis", "[ERROR: openai broke off]"]


async def test_the_first_word_is_not_held_back(parley: Parley) -> None:
    gate = asyncio.Event()
    parley.script([TextDelta("first"), gate, TextDelta("second")])
    client = RawClient(parley.app, "POST", "/chat/stream", headers=parley.headers, json=QUESTION)
    body = await client.until(b"first")
    assert b"second" not in body
    gate.set()
    assert events(await client.whole()) == ["first", "second", "[DONE]"]


async def test_silence_is_filled_with_comments(parley: Parley) -> None:
    gate = asyncio.Event()
    parley.script([TextDelta("first"), gate, TextDelta("second")])
    client = RawClient(parley.app, "POST", "/chat/stream", headers=parley.headers, json=QUESTION)
    await client.until(b"first")
    await parley.clock.advance(31)
    gate.set()
    body = await client.whole()
    assert body.count(b": ping\n\n") == 2
    assert events(body) == ["first", "second", "[DONE]"]


@pytest.mark.parametrize("said", [[], [TextDelta("first")]])
async def test_leaving_stops_the_provider(parley: Parley, said: list[TextDelta]) -> None:
    model = parley.script([*said, asyncio.Event()])
    client = RawClient(parley.app, "POST", "/chat/stream", headers=parley.headers, json=QUESTION)
    await model.waiting.wait()
    if said:
        await client.until(b"first")
    await client.hang_up()
    await ended(parley)
    assert model.closed_early == 1


async def test_a_cancelled_stream_says_so(parley: Parley) -> None:
    model = parley.script([TextDelta("half"), asyncio.Event()])
    client = RawClient(parley.app, "POST", "/chat/stream", headers=parley.headers, json=QUESTION)
    await model.waiting.wait()
    await client.until(b"half")
    turns = await parley.turns
    await turns.cancel(parley.anna.id, turns_id(client))
    assert events(await client.whole()) == ["half", "[ERROR: Request cancelled]"]


def turns_id(client: RawClient) -> TurnId:
    return TurnId(client.headers["x-turn-id"])
