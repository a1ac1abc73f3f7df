"""Recorded chat completions ↔ events; what is expected is read from them in another way."""

import re
from typing import Any

import msgspec
import pytest

from adapters.transport.chat_wire.events import ChatReader
from adapters.transport.chat_wire.quirks import ChatQuirks
from adapters.transport.tool_arguments import read_arguments
from domain.provider_errors import ProviderError, ProviderGarbled, ProviderRejected
from domain.turn.metering import Usage
from tests.wire.answers import Answer, payloads, pieces, streamed
from tests.wire.recordings import Exchange, case, each, exchanges

PATH = "/v1/chat/completions"
OPENAI = [
    exchange
    for wire in ("chat", "responses")
    for exchange in exchanges("openai", wire)
    if exchange.path == PATH and exchange.status == 200
]
OTHERS = [
    exchange
    for provider in ("groq", "deepseek", "perplexity", "xai")
    for exchange in exchanges(provider, "chat")
    if exchange.status == 200
    and (exchange.streams or "choices" in exchange.response.get("json", {}))
]
FAILING = "groq/chat--test-tool-use-failed-error-streaming"


def answer_to(exchange: Exchange, size: int = 1 << 20) -> Answer:
    reader = ChatReader("openai")
    if exchange.streams:
        return Answer(streamed(reader, payloads(pieces(exchange.body, size))))
    return Answer([*reader.whole(exchange.body)])


def said(exchange: Exchange) -> list[dict[str, Any]]:
    """Return the deltas, or the message, of the first choice."""
    if not exchange.streams:
        return [exchange.response["json"]["choices"][0]["message"]]
    chunks = [
        msgspec.json.decode(found) for found in payloads([exchange.body]) if found[:1] == b"{"
    ]
    choices = [choice for chunk in chunks for choice in chunk.get("choices") or ()]
    return [choice["delta"] for choice in choices if not choice.get("index")]


def text_of(parts: list[dict[str, Any]]) -> str:
    return "".join((part.get("content") or "") + (part.get("refusal") or "") for part in parts)


def calls_of(parts: list[dict[str, Any]]) -> list[tuple[str, str, Any]]:
    found: dict[int, list[str]] = {}
    for part in parts:
        for place, call in enumerate(part.get("tool_calls") or ()):
            draft = found.setdefault(call.get("index", place), ["", "", ""])
            function = call.get("function") or {}
            draft[0] += call.get("id") or ""
            draft[1] += function.get("name") or ""
            draft[2] += function.get("arguments") or ""
    return [(call_id, name, read_arguments(text)) for call_id, name, text in found.values()]


@each([*OPENAI, *(exchange for exchange in OTHERS if not exchange.name.startswith(FAILING))])
def test_text_thinking_and_calls(exchange: Exchange) -> None:
    parts = said(exchange)
    answer = answer_to(exchange)
    assert answer.text == text_of(parts)
    thoughts = (part.get("reasoning_content") or part.get("reasoning") or "" for part in parts)
    assert answer.thinking == "".join(thoughts)
    if not any(part.get("function_call") for part in parts):
        assert [(call.id, call.name, call.arguments) for call in answer.calls] == calls_of(parts)


@each(OPENAI)
def test_reason_and_usage(exchange: Exchange) -> None:
    bodies = (
        [msgspec.json.decode(found) for found in payloads([exchange.body]) if found[:1] == b"{"]
        if exchange.streams
        else [exchange.response["json"]]
    )
    usage = next((body["usage"] for body in reversed(bodies) if body.get("usage")), None)
    choices = [choice for body in bodies for choice in body["choices"] if not choice["index"]]
    reason = next(
        (choice["finish_reason"] for choice in choices if choice.get("finish_reason")), "stop"
    )
    stopped = answer_to(exchange).stopped
    if any("refusal" in part and part["refusal"] for part in said(exchange)):
        reason = "refusal"
    elif reason == "function_call" or (reason == "stop" and calls_of(said(exchange))):
        reason = "tool_calls"
    assert stopped.reason == reason
    if usage is None:
        assert stopped.usage is None
    else:
        assert stopped.usage is not None
        assert stopped.usage.input_tokens == usage["prompt_tokens"]
        assert stopped.usage.output_tokens == usage["completion_tokens"]
        assert stopped.usage.total_tokens == usage["total_tokens"]


@each([exchange for exchange in OPENAI if exchange.streams])
@pytest.mark.parametrize("size", [7, 1009])
def test_where_the_network_cuts_makes_no_difference(exchange: Exchange, size: int) -> None:
    cut, whole = answer_to(exchange, size), answer_to(exchange)
    assert (cut.text, cut.calls, cut.stopped) == (whole.text, whole.calls, whole.stopped)


def test_all_token_counts() -> None:
    [first, *_] = case("openai", "chat", "chat-completion-prompt-caching-cache-read")
    usage = first.response["json"]["usage"]
    assert answer_to(first).stopped.usage == Usage(
        usage["prompt_tokens"],
        usage["completion_tokens"],
        usage["total_tokens"],
        usage["prompt_tokens_details"]["cached_tokens"],
        usage["completion_tokens_details"]["reasoning_tokens"],
    )


def test_functions_of_the_old_kind_are_calls_too() -> None:
    [old, *_] = [x for x in OPENAI if any(part.get("function_call") for part in said(x))]
    answer = answer_to(old)
    assert [call.name for call in answer.calls] == [said(old)[0]["function_call"]["name"]]
    assert answer.stopped.reason == "tool_calls"


THOUGHT = {"type": "thinking", "thinking": [{"type": "text", "text": "Let me "}]}
PARTS = [
    THOUGHT,
    {"type": "thinking", "thinking": "see."},
    {"type": "text", "text": "Lis"},
    {"type": "reference", "reference_ids": [1]},
    {"type": "text", "text": None},
    "stray",
    {"type": "text", "text": "bon"},
]


def test_parts_of_content_are_text_and_thinking() -> None:
    contents: list[Any] = ["", [THOUGHT], PARTS[1:], [], "."]
    chunks = [{"choices": [{"index": 0, "delta": {"content": each}}]} for each in contents]
    end = {"choices": [{"index": 0, "delta": {"content": []}, "finish_reason": "length"}]}
    sent = [*map(msgspec.json.encode, [*chunks, end]), b"[DONE]"]
    answer = Answer(streamed(ChatReader("mistral"), sent))
    assert (answer.thinking, answer.text) == ("Let me see.", "Lisbon.")
    assert answer.stopped.reason == "length"


def test_a_whole_answer_in_parts() -> None:
    choice = {"index": 0, "message": {"content": PARTS}, "finish_reason": "stop"}
    usage = {"prompt_tokens": 3, "completion_tokens": 4}
    body = msgspec.json.encode({"choices": [choice], "usage": usage})
    answer = Answer([*ChatReader("mistral").whole(body)])
    assert (answer.thinking, answer.text) == ("Let me see.", "Lisbon")
    assert answer.stopped.usage == Usage(3, 4, 7)


@pytest.mark.parametrize("content", [7, {"type": "text", "text": "Lis"}])
def test_content_that_is_neither_text_nor_parts_is_no_answer(content: Any) -> None:
    chunk = {"choices": [{"delta": {"content": content}}]}
    with pytest.raises(ProviderGarbled):
        list(ChatReader("mistral").feed(msgspec.json.encode(chunk)))


@pytest.mark.parametrize("call_id", ["c1", None])
def test_the_very_same_call_twice_is_one(call_id: str | None) -> None:
    calls = [
        {"index": n, "id": call_id, "function": {"name": name, "arguments": '{"a":1}'}}
        for n, name in enumerate(["f", "f", "g"])
    ]
    choice = {"index": 0, "delta": {"tool_calls": calls}, "finish_reason": "tool_calls"}
    answer = Answer(streamed(ChatReader("openai"), [msgspec.json.encode({"choices": [choice]})]))
    assert [call.name for call in answer.calls] == ["f", "g"]


def test_calls_without_ids_are_told_apart_in_every_answer() -> None:
    calls = [{"index": n, "function": {"name": name}} for n, name in enumerate("fg")]
    choice = {"index": 0, "delta": {"tool_calls": calls}, "finish_reason": "tool_calls"}
    body = msgspec.json.encode({"choices": [choice]})
    answers = [Answer(streamed(ChatReader("openai"), [body])) for _ in range(2)]
    ids = {call.id for answer in answers for call in answer.calls}
    assert len(ids) == 4
    assert all(re.fullmatch("call_[0-9a-f]{32}", each) for each in ids)


def test_a_call_may_be_written_as_objects_and_numbers() -> None:
    calls = [
        {"index": 0, "id": 0, "function": {"name": "f", "arguments": {"city": "Oslo"}}},
        {"index": 1, "id": "b", "function": {"name": "g", "arguments": None}},
    ]
    choice = {"index": 0, "delta": {"tool_calls": calls}, "finish_reason": "tool_calls"}
    answer = Answer(streamed(ChatReader("local"), [msgspec.json.encode({"choices": [choice]})]))
    told = [(call.id, call.name, call.arguments) for call in answer.calls]
    assert told == [("0", "f", {"city": "Oslo"}), ("b", "g", {})]


def test_an_error_inside_a_stream_comes_after_what_was_said() -> None:
    [failed, *_] = case("groq", "chat", "test-tool-use-failed-error-streaming")
    reader = ChatReader("groq")
    *before, last = payloads([failed.body])
    assert [event for payload in before for event in reader.feed(payload)]
    with pytest.raises(ProviderRejected, match="groq: Tool call validation failed"):
        list(reader.feed(last))


def test_cited_pages_come_once() -> None:
    [cited, *_] = case("perplexity", "chat", "perplexity-citations-chunks")
    urls = [source.url for source in answer_to(cited).sources]
    assert len(urls) == len(set(urls)) == 7
    assert urls[1] == "https://en.wikipedia.org/wiki/San_Francisco"


def test_a_stream_cut_after_any_event_has_broken_off() -> None:
    for exchange in OPENAI[:40]:
        if not exchange.streams:
            continue
        found = payloads([exchange.body])
        with pytest.raises(ProviderError, match="broke off"):
            streamed(ChatReader("openai"), found[: len(found) // 2])


def test_a_server_that_must_say_done() -> None:
    stream = next(exchange for exchange in OPENAI if exchange.streams)
    found = payloads([stream.body])
    assert found[-1] == b"[DONE]"
    assert streamed(ChatReader("openai"), found[:-1])
    with pytest.raises(ProviderError, match="broke off"):
        streamed(ChatReader("openai", ChatQuirks(needs_done_mark=True)), found[:-1])
