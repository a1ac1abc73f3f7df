"""Prompt → Messages request, held against requests that Anthropic accepted."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple

import pytest
from msgspec import structs

from adapters.anthropic.catalog import CARDS
from adapters.anthropic.events import MessagesReader
from adapters.anthropic.request import messages_request, request_headers
from domain.catalog.card import Capability
from domain.catalog.catalog import Catalog
from domain.errors import InvalidRequest, ModelCannot
from domain.tools import ToolSpec
from domain.turn.events import ToolCalled, ToolReturned
from domain.turn.prompt import (
    AudioPart,
    CallMade,
    FilePart,
    ImagePart,
    Message,
    Part,
    Prompt,
    Role,
    Round,
    TextPart,
)
from tests.wire.answers import Answer, payloads, streamed
from tests.wire.recordings import RECORDINGS, Exchange, exchanges

CARD = {card.id: card for card in CARDS}
MARK = {"cache_control": {"type": "ephemeral"}}
SEARCH = {"type": "web_search_20250305", "name": "web_search", "max_uses": 5}
PDF = "data:application/pdf;base64,JVBERi0="
PNG = "data:image/png;base64,iVBORw0KGgo="


def asked(*parts: Part, **more: Any) -> Prompt:
    question = Message("user", parts or (TextPart("Hi"),))
    given: dict[str, Any] = {"card": CARD["claude-sonnet"], "messages": (question,)} | more
    return Prompt(**given)


def text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


def result(call: str, content: str, **more: Any) -> dict[str, Any]:
    return {"type": "tool_result", "tool_use_id": call, "content": content} | more


def said(role: Role, *words: str) -> Message:
    return Message(role, tuple(TextPart(word) for word in words))


def bare(messages: list[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    """Return roles and blocks without the marks for the cache."""
    return [
        (
            message["role"],
            [{k: block[k] for k in block if k != "cache_control"} for block in message["content"]],
        )
        for message in messages
    ]


def sent(*messages: Message, **more: Any) -> list[tuple[str, list[dict[str, Any]]]]:
    return bare(messages_request(asked(messages=messages, **more))["messages"])


def test_an_ordinary_question() -> None:
    assert messages_request(asked(system="Be brief", temperature=0.3)) == {
        "model": "claude-sonnet-4-5",
        "max_tokens": 4096,
        "system": [text("Be brief") | MARK],
        "messages": [{"role": "user", "content": [text("Hi") | MARK]}],
        "tools": [SEARCH],
        "temperature": 0.3,
        "stream": True,
    }


@pytest.mark.parametrize(("wanted", "clamped"), [(1.7, 1.0), (-1.0, 0.0), (0.5, 0.5)])
def test_temperature_is_clamped(wanted: float, clamped: float) -> None:
    assert messages_request(asked(temperature=wanted))["temperature"] == clamped


@pytest.mark.parametrize(("effort", "budget"), [(2048, 2048), (16_000, 16_000), (5, 1024)])
def test_thinking_has_a_budget_beside_the_answers(effort: int, budget: int) -> None:
    body = messages_request(asked(effort=effort, max_tokens=100, temperature=0.1))
    assert body["thinking"] == {"type": "enabled", "budget_tokens": budget}
    assert body["max_tokens"] == budget + 100
    assert body["temperature"] == 1.0
    assert request_headers(body) == {"anthropic-beta": "interleaved-thinking-2025-05-14"}
    assert request_headers(messages_request(asked())) == {}


def test_models_that_take_words_for_effort_think_as_they_see_fit() -> None:
    able = CARD["claude-opus"].can - {Capability.TEMPERATURE}
    card = structs.replace(CARD["claude-opus"], efforts=("low", "high"), can=able)
    body = messages_request(asked(card=card, effort="high", temperature=0.1))
    assert body["thinking"] == {"type": "adaptive"}
    assert body["output_config"] == {"effort": "high"}
    assert body["max_tokens"] == 4096
    assert "temperature" not in body
    assert request_headers(body) == {}


def test_every_system_message_is_in_the_system_prompt() -> None:
    messages = (said("system", "One", "two"), said("user", "Hi"), said("system", "Three"))
    body = messages_request(asked(messages=messages, system="Mine"))
    assert body["system"] == [text("Mine\n\nOne two\n\nThree") | MARK]
    assert bare(body["messages"]) == [("user", [text("Hi")])]


def test_user_and_assistant_take_turns() -> None:
    assert sent(
        said("assistant", "Welcome"),
        said("user", "One"),
        said("user", "Two"),
        said("assistant"),
        Message("user", (ImagePart("https://x/y.png"),)),
        said("assistant", "Three"),
    ) == [
        ("user", [text("Hello.")]),
        ("assistant", [text("Welcome")]),
        (
            "user",
            [
                text("One\n\nTwo"),
                {"type": "image", "source": {"type": "url", "url": "https://x/y.png"}},
            ],
        ),
        ("assistant", [text("Three")]),
        ("user", [text("Go on.")]),
    ]


def test_parts_in_the_contracts_order() -> None:
    parts = (ImagePart(PNG, "low"), FilePart(PDF, "a.pdf"), TextPart(" "), TextPart("Look"))
    [(_, content)] = sent(Message("user", parts))
    assert content == [
        text("Look"),
        {
            "type": "document",
            "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0="},
            "title": "a.pdf",
        },
        {
            "type": "image",
            "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="},
        },
    ]


@pytest.mark.parametrize(
    ("part", "block"),
    [
        (
            FilePart("https://x/a.pdf", mime_type="application/pdf"),
            {"type": "document", "source": {"type": "url", "url": "https://x/a.pdf"}},
        ),
        (
            FilePart("data:text/csv,a%2Cb", "t.csv"),
            {
                "type": "document",
                "source": {"type": "text", "media_type": "text/plain", "data": "a,b"},
                "title": "t.csv",
            },
        ),
        (
            FilePart("data:application/octet-stream;base64,e30=", mime_type="application/json"),
            {
                "type": "document",
                "source": {"type": "text", "media_type": "text/plain", "data": "{}"},
            },
        ),
        (
            FilePart(PNG),
            {
                "type": "image",
                "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="},
            },
        ),
        (
            ImagePart("data:image/jpg;base64,/9j/4A=="),
            {
                "type": "image",
                "source": {"type": "base64", "media_type": "image/jpeg", "data": "/9j/4A=="},
            },
        ),
    ],
)
def test_attachments_as_native_blocks(part: Part, block: dict[str, Any]) -> None:
    assert sent(Message("user", (part,))) == [("user", [block])]


@pytest.mark.parametrize(
    ("part", "words"),
    [
        (AudioPart("data:audio/wav;base64,"), "listen to recordings"),
        (ImagePart("data:image/tiff;base64,SUkqAA=="), "see image/tiff; send JPEG"),
        (FilePart("data:application/zip;base64,UEsDBA=="), "read application/zip files; send"),
        (FilePart("https://x/a.txt", mime_type="text/plain"), "send the file itself"),
    ],
)
def test_what_the_wire_cannot_carry(part: Part, words: str) -> None:
    with pytest.raises(ModelCannot, match=words):
        messages_request(asked(part))


@pytest.mark.parametrize("url", ["data:image/png;base64,%%%", "data:image/png", "data:x;base64,é"])
def test_data_urls_that_hold_nothing(url: str) -> None:
    with pytest.raises(InvalidRequest, match="data URL"):
        messages_request(asked(ImagePart(url)))


def test_history_with_calls() -> None:
    assert sent(
        said("user", "Time?"),
        Message(
            "assistant",
            (TextPart("Wait"),),
            (CallMade("c1", "f", '{"a": 1}'), CallMade("c2", "g", "")),
        ),
        Message("tool", (TextPart("two"),), answers_call="c2"),
        Message("tool", (TextPart("one"),), answers_call="c1"),
        said("user", "Well?"),
    ) == [
        ("user", [text("Time?")]),
        (
            "assistant",
            [
                text("Wait"),
                {"type": "tool_use", "id": "c1", "name": "f", "input": {"a": 1}},
                {"type": "tool_use", "id": "c2", "name": "g", "input": {}},
            ],
        ),
        ("user", [result("c1", "one"), result("c2", "two"), text("Well?")]),
    ]


UNKNOWN = "No result of this call is known."


def test_every_call_has_its_result_and_every_result_its_call() -> None:
    call = Message("assistant", (), (CallMade("a:1", "f", "{}"),))
    assert sent(
        Message("tool", (TextPart("lost"),), answers_call="c0"),
        call,
        said("user", "And now?"),
        call,
        Message("tool", (TextPart("late"),), answers_call="c9"),
        call,
    )[0::2] == [
        ("user", [text("[the result of a tool: lost]")]),
        ("user", [result("a_1", UNKNOWN, is_error=True), text("And now?")]),
        ("user", [result("a_1", UNKNOWN, is_error=True), text("[the result of a tool: late]")]),
        ("user", [result("a_1", UNKNOWN, is_error=True), text("Go on.")]),
    ]


def test_a_round_without_the_models_own_blocks() -> None:
    ran = ToolCalled("s1", "web_search", {}, run_by_provider=True)
    results = (ToolReturned("c1", "f", None), ToolReturned("c2", "g", {"error": "no"}, failed=True))
    calls = (ToolCalled("c1", "f", {"a": 1}), ran, ToolCalled("c2", "g", {}))
    assert sent(said("user", "Hi"), rounds=(Round("Wait", calls, results),))[1:] == [
        (
            "assistant",
            [
                text("Wait"),
                {"type": "tool_use", "id": "c1", "name": "f", "input": {"a": 1}},
                {"type": "tool_use", "id": "c2", "name": "g", "input": {}},
            ],
        ),
        ("user", [result("c1", "{}"), result("c2", '{"error":"no"}', is_error=True)]),
    ]


def test_a_call_nobody_here_answers_is_answered_all_the_same() -> None:
    state = tuple(
        {"type": "tool_use", "id": call, "name": call, "input": {}} for call in ("ours", "theirs")
    )
    round_ = Round("", (ToolCalled("ours", "f", {}),), (ToolReturned("ours", "f", "x"),), state)
    [_, _, (_, results)] = sent(said("user", "Hi"), rounds=(round_,))
    assert results == [result("ours", "x"), result("theirs", UNKNOWN, is_error=True)]


def test_marks_for_the_cache_end_the_stable_prefixes() -> None:
    state = ({"type": "tool_use", "id": "c1", "name": "f", "input": {}},)
    round_ = Round("", (ToolCalled("c1", "f", {}),), (ToolReturned("c1", "f", "x"),), state)
    history = (said("user", "One"), said("assistant", "Two"), said("user", "Three"))
    body = messages_request(asked(messages=history, rounds=(round_, round_)))
    assert body["tools"] == [SEARCH | MARK]
    marked = [
        at
        for at, message in enumerate(body["messages"])
        if any("cache_control" in block for block in message["content"])
    ]
    assert marked == [2, 6]
    assert state == ({"type": "tool_use", "id": "c1", "name": "f", "input": {}},)
    assert "cache_control" not in messages_request(asked(system="Be brief"))["tools"][0]


FUNCTION = {"type": "function", "function": {"name": "f", "description": "F", "parameters": {}}}
FLAT = {"type": "function", "name": "f", "description": "F", "parameters": {}}
OURS = {"name": "f", "input_schema": {"type": "object"}, "description": "F"}
FETCH = {"type": "web_fetch_20250910", "name": "web_fetch"}
CUSTOM = {"name": "g", "input_schema": {"type": "object"}}


@pytest.mark.parametrize(
    ("native", "expected"),
    [
        ({}, [SEARCH]),
        ({"disable_native_tools": True}, []),
        ({"disable_native_tools": True, "tools": [FUNCTION]}, [OURS]),
        ({"tools": [FUNCTION, FETCH | MARK, CUSTOM]}, [OURS, FETCH, CUSTOM]),
        ({"tools": [FLAT]}, [OURS]),
        ({"functions": [FLAT]}, [OURS]),
        ({"tools": [SEARCH | {"max_uses": 1}]}, [SEARCH | {"max_uses": 1}]),
        ({"tools": [{"type": "function"}, "nonsense"]}, []),
        ({"tools": "nonsense"}, [SEARCH]),
    ],
)
def test_tools(native: dict[str, Any], expected: list[Any]) -> None:
    body = messages_request(asked(native_tools=native, system="Be brief"))
    assert body.get("tools", []) == expected


def test_our_tools_are_offered_too_and_win_over_others_of_their_name() -> None:
    spec = ToolSpec("ours", "Does it", {"type": "object", "properties": {}})
    search = ToolSpec("web_search", "Searches", {"type": "object"})
    ours = {"name": "ours", "description": "Does it", "input_schema": spec.parameters}
    body = messages_request(asked(tools=(spec,), system="Be brief"))
    assert body["tools"] == [SEARCH, ours]
    body = messages_request(asked(tools=(search, spec), system="Be brief"))
    assert [tool.get("type") for tool in body["tools"]] == [None, None]
    mute = structs.replace(CARD["claude-sonnet"], can=frozenset())
    assert "tools" not in messages_request(asked(card=mute, tools=(spec,)))


@pytest.mark.parametrize(
    ("name", "card"),
    [
        ("claude", "claude-sonnet"),
        ("claude-4-opus", "claude-opus"),
        ("cheapest-claude", "claude-haiku"),
        ("claude-mini", "claude-haiku"),
        ("claude-haiku-4.5", "claude-haiku"),
        ("claude-sonnet-4-5", "claude-sonnet"),
    ],
)
def test_names_of_the_models(name: str, card: str) -> None:
    catalog = Catalog(CARDS)
    assert catalog.find(name).id == card
    assert catalog.for_reasoning(CARD["claude-sonnet"]).id == "claude-opus"


class Loop(NamedTuple):
    """A recorded answer with calls, and what the request after it added."""

    name: str
    answer: Exchange
    added: list[dict[str, Any]]


def loops() -> Iterator[Loop]:
    for first, then in pairwise(exchanges("anthropic", "messages")):
        before, after = first.sent.get("messages"), then.sent.get("messages")
        if first.name.partition("#")[0] != then.name.partition("#")[0] or not before or not after:
            continue
        added = after[len(before) :]
        if after[: len(before)] == before and "tool_result" in str(added[1:2]):
            yield Loop(first.name, first, added[:2])


LOOPS = [*loops()]


def test_there_are_loops() -> None:
    assert LOOPS or not RECORDINGS.is_dir()


@pytest.mark.parametrize("loop", LOOPS, ids=lambda loop: loop.name)
def test_recorded_tool_loops(loop: Loop) -> None:
    reader, body = MessagesReader(), loop.answer.body
    events = streamed(reader, payloads([body])) if loop.answer.streams else [*reader.whole(body)]
    answer = Answer(events)
    results = tuple(
        ToolReturned(block["tool_use_id"], "", block["content"])
        for block in loop.added[1]["content"]
        if block["type"] == "tool_result"
    )
    round_ = Round(answer.text, tuple(answer.calls), results, answer.stopped.state)
    [_, ours, returned] = sent(said("user", "Hi"), rounds=(round_,))
    assert [told(block) for block in ours[1]] == [told(b) for b in loop.added[0]["content"]]
    assert [block["tool_use_id"] for block in returned[1]] == [result.id for result in results]


def told(block: dict[str, Any]) -> dict[str, Any]:
    """Return the block without what other clients leave out or add."""
    left_out = ("caller", "citations", "cache_control")
    return {key: value for key, value in block.items() if key not in left_out and value is not None}
