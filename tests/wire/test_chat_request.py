"""Prompt → chat-completions request, held against requests that OpenAI accepted."""

from itertools import pairwise
from typing import Any

import msgspec
import pytest

from adapters.openai.catalog import CARDS
from adapters.transport.chat_wire.events import ChatReader
from adapters.transport.chat_wire.quirks import ChatQuirks
from adapters.transport.chat_wire.request import chat_request
from domain.catalog.card import Capability
from domain.catalog.catalog import Catalog
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
from entrypoints.wiring.models_file import ModelsFile, with_own_models
from tests.wire.answers import Answer
from tests.wire.recordings import Exchange, case, exchanges

CARD = {card.id: card for card in CARDS}
PDF = "data:application/pdf;base64,JVBERi0="
PNG = "data:image/png;base64,iVBORw0="


def asked(*parts: Part, **more: Any) -> Prompt:
    question = Message("user", parts or (TextPart("Hi"),))
    given: dict[str, Any] = {"card": CARD["gpt-4o-mini"], "messages": (question,)} | more
    return Prompt(**given)


def test_an_ordinary_question() -> None:
    assert chat_request(asked(system="Be brief", temperature=0.1)) == {
        "model": "gpt-4o-mini",
        "messages": [
            {"role": "system", "content": "Be brief"},
            {"role": "user", "content": "Hi"},
        ],
        "stream": True,
        "stream_options": {"include_usage": True},
        "max_tokens": 4096,
        "temperature": 0.1,
    }


def test_a_model_that_always_reasons() -> None:
    body = chat_request(asked(card=CARD["o3"], temperature=0.3, effort="high", max_tokens=9))
    assert body["max_completion_tokens"] == 9
    assert body["temperature"] == 1.0
    assert body["reasoning_effort"] == "high"
    assert "max_tokens" not in body
    assert "reasoning_effort" not in chat_request(asked(card=CARD["o3"]))


@pytest.mark.parametrize(("given", "sent"), [(5.0, 2.0), (-1.0, 0.0), (0.7, 0.7)])
def test_temperature_is_clamped(given: float, sent: float) -> None:
    assert chat_request(asked(temperature=given))["temperature"] == sent


def test_temperature_is_left_to_the_provider() -> None:
    assert "temperature" not in chat_request(asked())


def test_parts_in_the_contracts_order() -> None:
    parts = (
        ImagePart(PNG, "low"),
        FilePart(PDF, "a.pdf"),
        TextPart("Look"),
        ImagePart("https://x/y"),
    )
    assert chat_request(asked(*parts))["messages"][0]["content"] == [
        {"type": "text", "text": "Look"},
        {"type": "file", "file": {"filename": "a.pdf", "file_data": PDF}},
        {"type": "image_url", "image_url": {"url": PNG, "detail": "low"}},
        {"type": "image_url", "image_url": {"url": "https://x/y"}},
    ]


@pytest.mark.parametrize(
    ("part", "why"),
    [
        (FilePart("https://files.example/a.pdf"), "by its address"),
        (AudioPart("https://files.example/a.wav"), "by its address"),
        (AudioPart("data:audio/ogg;base64,T2dnUw=="), "audio/ogg; send WAV or MP3"),
    ],
)
def test_what_the_wire_cannot_carry(part: Part, why: str) -> None:
    with pytest.raises(ModelCannot, match="gpt-4o-mini") as caught:
        chat_request(asked(TextPart("Look"), part))
    assert why in str(caught.value)


def test_a_model_of_the_operators_that_hears() -> None:
    own = ModelsFile(
        model=(
            {
                "id": "hears",
                "provider": "openai",
                "model": "gpt-audio-mini",
                "can": ["temperature", "audio_in"],
            },
        )
    )
    card = Catalog(with_own_models(CARDS, own)).find("hears")
    assert card.able_to(Capability.AUDIO_IN)
    sent = case("openai", "chat", "test-chat-completions-with-audio-input")[0].sent
    words, sound = sent["messages"][0]["content"]
    recording = AudioPart(f"data:audio/wav;base64,{sound['input_audio']['data']}", "audio/wav")
    body = chat_request(asked(TextPart(words["text"]), recording, card=card))
    assert body["messages"] == sent["messages"]
    assert body["model"] == "gpt-audio-mini"


def test_an_earlier_recording_that_the_wire_cannot_carry_leaves_a_note() -> None:
    earlier = Message("user", (AudioPart("data:audio/ogg;base64,T2dnUw=="),))
    heard = Message("user", (AudioPart("data:audio/mpeg;base64,SUQz"),))
    messages = (earlier, heard, Message("user", (TextPart("Why?"),)))
    first, second, _ = chat_request(asked(messages=messages))["messages"]
    assert first["content"] == "[a recording]"
    assert second["content"] == [
        {"type": "input_audio", "input_audio": {"data": "SUQz", "format": "mp3"}}
    ]


def test_history_with_calls() -> None:
    history = (
        Message("assistant", (TextPart("Hello"), ImagePart(PNG))),
        Message("assistant"),
        Message("user", (TextPart("Time?"),)),
        Message("assistant", (), (CallMade("c1", "clock", ""),)),
        Message("tool", (TextPart("noon"),), answers_call="c1"),
    )
    call = {"id": "c1", "type": "function", "function": {"name": "clock", "arguments": "{}"}}
    assert chat_request(asked(messages=history))["messages"] == [
        {"role": "assistant", "content": "Hello [an image]"},
        {"role": "user", "content": "Time?"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": "noon"},
    ]


def test_every_call_has_its_result_and_every_result_its_call() -> None:
    calls = (CallMade("c1", "f", "{}"), CallMade("c2", "g", "{}"))
    history = (
        Message("assistant", (), calls),
        Message("tool", (TextPart("one"),), answers_call="c2"),
        Message("user", (TextPart("And?"),)),
        Message("tool", (TextPart("lost"),), answers_call="c9"),
        Message("assistant", (), calls[:1]),
    )
    [_, *sent] = chat_request(asked(messages=history))["messages"]
    unknown = {"role": "tool", "tool_call_id": "c1", "content": "No result of this call is known."}
    assert [sent[0]["content"], sent[1], sent[5]] == ["one", unknown, unknown]
    assert sent[3] == {"role": "user", "content": "[the result of a tool: lost]"}


def test_rounds_go_on_where_the_model_stopped() -> None:
    ran = ToolCalled("s", "web_search", {}, run_by_provider=True)
    calls = (ToolCalled("c1", "f", {"a": 1}), ran, ToolCalled("c2", "g", {}))
    results = (ToolReturned("c1", "f", "one"), ToolReturned("c2", "g", {"b": [2]}))
    [_, said, first, second] = chat_request(asked(rounds=(Round("Wait", calls, results),)))[
        "messages"
    ]
    assert said["content"] == "Wait"
    assert [call["id"] for call in said["tool_calls"]] == ["c1", "c2"]
    assert said["tool_calls"][0]["function"] == {"name": "f", "arguments": '{"a":1}'}
    assert first == {"role": "tool", "tool_call_id": "c1", "content": "one"}
    assert second == {"role": "tool", "tool_call_id": "c2", "content": '{"b":[2]}'}


def test_tools_are_the_given_functions_and_ours() -> None:
    given = {"type": "function", "function": {"name": "theirs", "parameters": {"type": "object"}}}
    flat = {"type": "function", "name": "flat", "parameters": {"type": "object"}}
    same = {"type": "function", "name": "ours"}
    native = {"tools": [given, flat, {"type": "web_search"}, "nonsense", same]}
    ours = ToolSpec("ours", "Does it", {"type": "object"})
    tools = chat_request(asked(native_tools=native, tools=(ours,)))["tools"]
    assert [tool["function"]["name"] for tool in tools] == ["theirs", "flat", "ours"]
    assert tools[2]["function"]["description"] == "Does it"
    assert all(tool["type"] == "function" for tool in tools)
    assert "tools" not in chat_request(asked())
    assert "tools" not in chat_request(asked(tools=(ours,)), ChatQuirks(takes_tools=False))


def test_a_server_that_differs() -> None:
    quirks = ChatQuirks(
        asks_for_usage=False, thinkers_differ=False, takes_effort=False, extra_body={"top_k": 1}
    )
    body = chat_request(asked(card=CARD["o3"], effort="low"), quirks)
    assert body["max_tokens"] == 16_384
    assert body["top_k"] == 1
    assert not {"stream_options", "max_completion_tokens", "reasoning_effort"} & body.keys()


def test_a_server_that_insists_on_turns() -> None:
    history = (
        Message("assistant", (TextPart("Hello"),)),
        Message("user", (TextPart("One"),)),
        Message("user", (TextPart("Two"), ImagePart(PNG))),
        Message("assistant", (), (CallMade("c1", "f", "{}"),)),
        Message("assistant", (TextPart("a"),)),
        Message("assistant", (TextPart("b"),)),
    )
    prompt = asked(messages=history, system="S")
    messages = chat_request(prompt, ChatQuirks(alternates=True))["messages"]
    roles = [message["role"] for message in messages]
    assert roles == [
        "system", "user", "assistant", "user", "assistant", "tool", "assistant", "user",
    ]  # fmt: skip
    assert [part["type"] for part in messages[3]["content"]] == ["text", "text", "image_url"]
    assert messages[6]["content"] == "a\n\nb"


def as_message(wire: dict[str, Any]) -> Message:
    calls = tuple(
        CallMade(call["id"], call["function"]["name"], call["function"]["arguments"])
        for call in wire.get("tool_calls") or ()
    )
    content = wire.get("content")
    text = content if isinstance(content, str) else ""
    parts = (TextPart(text),) if text else ()
    return Message(wire["role"], parts, calls, wire.get("tool_call_id"))


def recorded_loops() -> list[tuple[Exchange, Exchange]]:
    found: list[tuple[Exchange, Exchange]] = []
    for name in (
        "test-agent-with-tool-execution",
        "test-multiple-agents",
        "test-multiple-agents-2",
        "test-complex-agent-run-in-flow",
    ):
        talk = case("openai", "chat", name)
        for first, then in pairwise(talk):
            before, after = first.sent.get("messages", []), then.sent.get("messages", [])
            if first.status == 200 and after[: len(before)] == before and len(after) > len(before):
                found.append((first, then))
    return found


def test_recorded_tool_loops() -> None:
    loops = [
        (first, then)
        for first, then in recorded_loops()
        if not first.streams and first.response["json"]["choices"][0]["message"].get("tool_calls")
    ]
    assert loops
    for first, then in loops:
        known = len(first.sent["messages"])
        added = then.sent["messages"][known:]
        answer = Answer([*ChatReader("openai").whole(first.body)])
        results = tuple(
            ToolReturned(message["tool_call_id"], "", message["content"])
            for message in added
            if message["role"] == "tool"
        )
        round_ = Round(answer.text, tuple(answer.calls), results)
        ours = chat_request(asked(messages=(), rounds=(round_,)))["messages"]
        for mine, theirs in zip(ours, added, strict=False):
            assert mine["role"] == theirs["role"]
            assert comparable(mine) == comparable(theirs)


def comparable(message: dict[str, Any]) -> Any:
    calls = [
        (call["id"], call["function"]["name"], msgspec.json.decode(call["function"]["arguments"]))
        for call in message.get("tool_calls") or ()
    ]
    return message.get("content") or "", calls, message.get("tool_call_id")


def test_recorded_history_with_tools() -> None:
    told = 0
    for first, then in recorded_loops():
        for exchange in (first, then):
            wire = exchange.sent["messages"]
            if not all(isinstance(message.get("content"), str | None) for message in wire):
                continue
            ours = chat_request(asked(messages=tuple(map(as_message, wire))))["messages"]
            assert [comparable(message) for message in ours] == [comparable(m) for m in wire]
            told += 1
    assert told


def shown(wire: dict[str, Any]) -> Part:
    if wire["type"] == "text":
        return TextPart(wire["text"])
    return ImagePart(wire["image_url"]["url"], wire["image_url"].get("detail"))


def test_recorded_images() -> None:
    contents = [
        message["content"]
        for exchange in exchanges("openai", "chat")
        for message in exchange.sent.get("messages", ())
        if isinstance(message.get("content"), list)
        and {item["type"] for item in message["content"]} == {"text", "image_url"}
        and all(isinstance(item.get("image_url", {}), dict) for item in message["content"])
    ]
    if not contents:
        pytest.skip("the recorded provider traffic is not there; set PARLEY_RECORDINGS")
    for content in contents:
        [ours] = chat_request(asked(*map(shown, content)))["messages"]
        assert sorted(ours["content"], key=str) == sorted(content, key=str)
