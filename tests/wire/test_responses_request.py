"""Prompt → Responses request, held against requests that OpenAI accepted."""

from itertools import pairwise
from typing import Any

import pytest

from adapters.openai.catalog import CARDS
from adapters.openai.responses_events import ResponsesReader
from adapters.openai.responses_request import responses_request
from adapters.transport.tool_arguments import read_arguments
from domain.errors import ModelCannot
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
    Round,
    TextPart,
)
from tests.wire.answers import Answer, payloads, streamed
from tests.wire.recordings import Exchange, case

CARD = {card.id: card for card in CARDS}
PDF = "data:application/pdf;base64,JVBERi0="
PNG = "data:image/png;base64,iVBORw0="
SEARCH = {"type": "web_search"}
CODE = {"type": "code_interpreter", "container": {"type": "auto"}}


def asked(*parts: Part, **more: Any) -> Prompt:
    question = Message("user", parts or (TextPart("Hi"),))
    given: dict[str, Any] = {"card": CARD["gpt-5.1"], "messages": (question,)} | more
    return Prompt(**given)


def test_an_ordinary_question() -> None:
    assert responses_request(asked(system="Be brief", temperature=0.3)) == {
        "model": "gpt-5.1",
        "instructions": "Be brief",
        "input": [{"role": "user", "content": [{"type": "input_text", "text": "Hi"}]}],
        "stream": True,
        "store": False,
        "max_output_tokens": 16_384,
        "tools": [SEARCH, CODE],
        "include": ["reasoning.encrypted_content"],
    }


def test_every_call_has_its_output_and_every_output_its_call() -> None:
    calls = (CallMade("c1", "f", "{}"), CallMade("c2", "g", "{}"))
    history = (
        Message("tool", (TextPart("lost"),), answers_call="c9"),
        Message("assistant", (), calls),
        Message("tool", (TextPart("one"),), answers_call="c2"),
    )
    lost, called, unknown, _, one = responses_request(asked(messages=history))["input"]
    assert lost["content"][0]["text"] == "[the result of a tool: lost]"
    assert called["call_id"] == unknown["call_id"] == "c1"
    assert unknown["output"] == "No result of this call is known."
    assert (one["call_id"], one["output"]) == ("c2", "one")


def test_a_function_with_the_name_of_a_tool_of_ours_is_offered_once() -> None:
    given = {"tools": [{"type": "function", "name": "ours", "description": "Theirs"}]}
    ours = ToolSpec("ours", "Does it", {"type": "object"})
    tools = responses_request(asked(native_tools=given, tools=(ours,)))["tools"]
    assert [tool["description"] for tool in tools if tool.get("name") == "ours"] == ["Does it"]


def test_reasoning_is_asked_for_when_it_is_wanted() -> None:
    body = responses_request(asked(effort="high", max_tokens=99))
    assert body["reasoning"] == {"effort": "high", "summary": "auto"}
    assert body["max_output_tokens"] == 99


def test_a_model_that_cannot_reason_is_not_asked_to() -> None:
    assert "include" not in responses_request(asked(card=CARD["gpt-5-nano"]))


def test_only_the_first_system_message_becomes_instructions() -> None:
    system = Message("system", (TextPart("One"), TextPart("two")))
    later = Message("system", (TextPart("Three"),))
    user = Message("user", (TextPart("Hi"),))
    body = responses_request(asked(messages=(system, user, later)))
    assert body["instructions"] == "One two"
    assert [item["role"] for item in body["input"]] == ["user", "system"]
    body = responses_request(asked(messages=(user, later)))
    assert "instructions" not in body
    body = responses_request(asked(messages=(system, user), system="Mine"))
    assert body["instructions"] == "Mine"
    assert [item["role"] for item in body["input"]] == ["system", "user"]


def test_parts_in_the_contracts_order() -> None:
    files = (FilePart("https://x/a.pdf"), FilePart(PDF, "b.pdf"))
    body = responses_request(asked(ImagePart(PNG, "low"), *files, TextPart("Look")))
    assert body["input"][0]["content"] == [
        {"type": "input_text", "text": "Look"},
        {"type": "input_file", "file_url": "https://x/a.pdf"},
        {"type": "input_file", "filename": "b.pdf", "file_data": PDF},
        {"type": "input_image", "image_url": PNG, "detail": "low"},
    ]
    with pytest.raises(ModelCannot, match=r"gpt-5\.1"):
        responses_request(asked(AudioPart(PNG)))


def test_history_with_calls() -> None:
    history = (
        Message("assistant", (TextPart("Wait"),), (CallMade("c1", "f", ""),)),
        Message("tool", (TextPart("noon"),), answers_call="c1"),
        Message("assistant"),
    )
    assert responses_request(asked(messages=history))["input"] == [
        {"role": "assistant", "content": [{"type": "output_text", "text": "Wait"}]},
        {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c1", "output": "noon"},
    ]


def test_a_round_without_the_models_own_items() -> None:
    ran = ToolCalled("ws", "web_search", {}, run_by_provider=True)
    round_ = Round("Wait", (ToolCalled("c1", "f", {"a": 1}), ran), (ToolReturned("c1", "f", None),))
    assert responses_request(asked(messages=(), rounds=(round_,)))["input"] == [
        {"role": "assistant", "content": [{"type": "output_text", "text": "Wait"}]},
        {"type": "function_call", "call_id": "c1", "name": "f", "arguments": '{"a":1}'},
        {"type": "function_call_output", "call_id": "c1", "output": "{}"},
    ]


FUNCTION = {"type": "function", "function": {"name": "f", "description": "F", "parameters": {}}}
FLAT = {"type": "function", "name": "f", "description": "F", "parameters": {}}


@pytest.mark.parametrize(
    ("native", "expected"),
    [
        ({}, [SEARCH, CODE]),
        ({"builtin_tool_config": {"web_search": False}}, [CODE]),
        ({"builtin_tool_config": {"code_interpreter": False}}, [SEARCH]),
        ({"builtin_tool_config": {"web_search": False, "code_interpreter": False}}, []),
        ({"tools": [SEARCH, FUNCTION]}, [FLAT, SEARCH, CODE]),
        ({"tools": [FLAT]}, [FLAT, SEARCH, CODE]),
        (
            {"tools": [SEARCH | {"search_context_size": "low"}]},
            [SEARCH | {"search_context_size": "low"}, CODE],
        ),
        ({"builtin_tool_config": "nonsense", "tools": "nonsense"}, [SEARCH, CODE]),
    ],
)
def test_tools(native: dict[str, Any], expected: list[Any]) -> None:
    assert responses_request(asked(native_tools=native)).get("tools", []) == expected


def test_our_tools_come_first_and_some_models_run_no_code() -> None:
    ours = ToolSpec("ours", "Does it", {"type": "object"})
    assert responses_request(asked(card=CARD["gpt-5-pro"], tools=(ours,)))["tools"] == [
        {
            "type": "function",
            "name": "ours",
            "description": "Does it",
            "parameters": {"type": "object"},
        },
        SEARCH,
    ]


def answer_to(exchange: Exchange) -> Answer:
    reader = ResponsesReader()
    if exchange.streams:
        return Answer(streamed(reader, payloads([exchange.body])))
    return Answer([*reader.whole(exchange.body)])


def bare(item: dict[str, Any]) -> dict[str, Any]:
    """Return what identifies an item, whoever wrote it: ids and states may be left out."""
    kept = ("type", "call_id", "name", "output", "encrypted_content", "summary")
    arguments = {"arguments": read_arguments(item.get("arguments") or "")}
    return {key: item[key] for key in kept if item.get(key)} | arguments


@pytest.mark.parametrize(
    "name",
    [
        "test-responses-round-trips-encrypted-reasoning",
        "test-responses-tool-use-streaming",
        "test-tools",
    ],
)
def test_recorded_tool_loops(name: str) -> None:
    talk = case("openai", "responses", name)
    for first, then in pairwise(talk):
        before, after = first.sent["input"], then.sent["input"]
        if not isinstance(after, list) or after[: len(before)] != before:
            continue
        added = after[len(before) :]
        answer = answer_to(first)
        results = tuple(
            ToolReturned(item["call_id"], "", item["output"])
            for item in added
            if item.get("type") == "function_call_output"
        )
        round_ = Round(answer.text, tuple(answer.calls), results, answer.stopped.state)
        ours = responses_request(asked(messages=(), rounds=(round_,)))["input"]
        theirs = [
            bare(item) for item in added if item.get("encrypted_content") or "call_id" in item
        ]
        assert theirs
        assert [bare(item) for item in ours] == theirs


def test_reasoning_of_an_earlier_answer_goes_back_before_its_words() -> None:
    thought = {"type": "reasoning", "id": "rs_1", "encrypted_content": "gAAAA", "summary": []}
    earlier = Message("assistant", (TextPart("Ruby."),), state=(thought,))
    body = responses_request(Prompt(CARD["gpt-5.1"], (Message("user"), earlier)))
    assert body["input"][1:] == [
        thought,
        {"role": "assistant", "content": [{"type": "output_text", "text": "Ruby."}]},
    ]
