"""Recorded Responses answers ↔ events; a stream's last event says what all of them had to say."""

from typing import Any

import msgspec
import pytest

from adapters.openai.responses_events import ResponsesReader
from domain.provider_errors import (
    ContextTooLong,
    ProviderBrokeOff,
    ProviderError,
    ProviderGarbled,
    ProviderOverloaded,
    ProviderRejected,
    ProviderUnavailable,
)
from domain.turn.events import (
    MediaGiven,
    ModelStopped,
    SourceCited,
    TextDelta,
    ThinkingDelta,
    ToolCalled,
)
from domain.turn.metering import Usage
from tests.simulators.studio import PNG, PNG_TEXT
from tests.wire.answers import Answer, payloads, pieces, streamed
from tests.wire.recordings import Exchange, case, each, exchanges


def is_answer(exchange: Exchange) -> bool:
    body = exchange.response.get("json") or {}
    return exchange.status == 200 and (exchange.streams or body.get("object") == "response")


OPENAI = [exchange for exchange in exchanges("openai", "responses") if is_answer(exchange)]
OTHERS = [
    exchange
    for provider in ("xai", "deepseek")
    for exchange in exchanges(provider, "responses")
    if is_answer(exchange)
]
# Captures without a request were shortened, or hold several answers: they have tests of their own.
WHOLE = [exchange for exchange in (*OPENAI, *OTHERS) if exchange.request is not None]


def answer_to(exchange: Exchange, size: int = 1 << 20) -> Answer:
    reader = ResponsesReader()
    if exchange.streams:
        return Answer(streamed(reader, payloads(pieces(exchange.body, size))))
    return Answer([*reader.whole(exchange.body)])


def final(exchange: Exchange) -> dict[str, Any]:
    if not exchange.streams:
        return exchange.response["json"]
    return msgspec.json.decode(payloads([exchange.body])[-1])["response"]


def items(exchange: Exchange, kind: str) -> list[dict[str, Any]]:
    return [item for item in final(exchange)["output"] if item["type"] == kind]


@each(WHOLE)
def test_text_calls_and_ending(exchange: Exchange) -> None:
    answer, body = answer_to(exchange), final(exchange)
    parts = [part for item in items(exchange, "message") for part in item["content"]]
    assert answer.text == "".join(part.get("text") or part.get("refusal") or "" for part in parts)
    assert [(call.id, call.name, call.item_id) for call in answer.calls] == [
        (item["call_id"], item["name"], item["id"]) for item in items(exchange, "function_call")
    ]
    reasons = {"completed": ("stop", "tool_calls"), "incomplete": ("length", "content_filter")}
    assert answer.stopped.reason in reasons[body["status"]]
    assert answer.stopped.usage is not None
    assert answer.stopped.usage.total_tokens == body["usage"]["total_tokens"]
    assert answer.stopped.usage.input_tokens == body["usage"]["input_tokens"]


@each(WHOLE)
def test_thinking_is_the_summary(exchange: Exchange) -> None:
    summaries = [
        part["text"]
        for item in items(exchange, "reasoning")
        for part in (*(item.get("summary") or ()), *(item.get("content") or ()))
    ]
    thinking = answer_to(exchange).thinking
    assert thinking.replace("\n", "") == "".join(summaries).replace("\n", "")


@each([exchange for exchange in OPENAI if exchange.streams])
@pytest.mark.parametrize("size", [7, 1009])
def test_where_the_network_cuts_makes_no_difference(exchange: Exchange, size: int) -> None:
    cut, whole = answer_to(exchange, size), answer_to(exchange)
    assert (cut.text, cut.calls, cut.stopped) == (whole.text, whole.calls, whole.stopped)


@each([exchange for exchange in WHOLE if exchange.streams])
def test_a_stream_cut_anywhere_has_broken_off(exchange: Exchange) -> None:
    found = payloads([exchange.body])
    for kept in {0, 1, len(found) // 2, len(found) - 1}:
        with pytest.raises(ProviderBrokeOff, match="mid-answer" if kept else "without a word"):
            streamed(ResponsesReader(), found[:kept])


def test_a_web_search_is_a_call_the_provider_ran() -> None:
    [searched, *_] = case("openai", "responses", "openai-v2-web-search")
    item = items(searched, "web_search_call")[0]
    [call] = answer_to(searched).run
    assert call == ToolCalled(
        item["id"], "web_search", item["action"], "openai", run_by_provider=True, item_id=item["id"]
    )


def test_code_the_provider_ran() -> None:
    [ran, *_] = case(
        "openai", "responses", "test-openai-responses-thinking-with-code-execution-tool-stream"
    )
    calls = answer_to(ran).run
    assert {call.name for call in calls} == {"code_interpreter"}
    assert calls[0].arguments == {"code": "n = pow(123456, 123)\nlen(str(n))"}


def test_an_answer_cut_short_says_why() -> None:
    [cut] = case("openai", "responses", "response-stream-incomplete")
    stopped = answer_to(cut).stopped
    assert (stopped.reason, stopped.note) == ("length", "max_output_tokens")


def test_all_token_counts() -> None:
    [cached, *_] = case("openai", "responses", "responses-stream-prompt-caching-cache-read")
    usage = final(cached)["usage"]
    assert usage["input_tokens_details"]["cached_tokens"] > 0
    assert answer_to(cached).stopped.usage == Usage(
        usage["input_tokens"],
        usage["output_tokens"],
        usage["total_tokens"],
        usage["input_tokens_details"]["cached_tokens"],
        usage["output_tokens_details"]["reasoning_tokens"],
    )


def test_encrypted_reasoning_is_kept_for_the_next_round() -> None:
    [capture] = case("openai", "responses", "openai-reasoning-encrypted-content-1-chunks")
    rounds: list[list[bytes]] = []
    for payload in payloads([capture.body]):
        if b'"response.created"' in payload:
            rounds.append([])
        rounds[-1].append(payload)
    answers = [Answer(streamed(ResponsesReader(), found)) for found in rounds]
    assert [[call.name for call in answer.calls] for answer in answers] == [["calculator"]] * 3 + [
        []
    ]
    assert answers[-1].text == "The final result is **570**."
    assert answers[0].thinking.startswith("**Calculating step-by-step using calculator**")
    first = answers[0].stopped.state
    assert [item["type"] for item in first] == ["reasoning", "function_call"]
    assert first[0]["encrypted_content"]


def test_a_capture_that_was_shortened_by_its_source() -> None:
    [capture] = case("openai", "responses", "openai-phase-1-chunks")
    answer = answer_to(capture)
    assert answer.text == "Got itHere are a few **AI"
    assert [call.name for call in answer.run] == ["web_search"] * len(answer.run)


def test_a_picture_the_provider_made() -> None:
    [capture] = case("openai", "responses", "openai-image-generation-tool-1-chunks")
    answer = answer_to(capture)
    [call] = answer.run
    assert call.name == "image_generation"
    assert "result" not in call.arguments
    # The recording has cut it, so that it is no picture any more.
    assert "[a picture, which cannot be shown here]" in answer.text


def test_without_a_call_encrypted_reasoning_alone_is_kept() -> None:
    answers = [answer_to(exchange) for exchange in OPENAI]
    kept = [item for answer in answers if not answer.calls for item in answer.stopped.state]
    assert kept
    assert all(item["type"] == "reasoning" and item["encrypted_content"] for item in kept)


def read(*events: dict[str, Any]) -> list[Any]:
    reader = ResponsesReader()
    return [event for wire in events for event in reader.feed(msgspec.json.encode(wire))]


def test_a_picture_is_given_as_it_is() -> None:
    item = {"id": "ig_1", "type": "image_generation_call", "result": PNG_TEXT}
    call, picture = read({"type": "response.output_item.done", "item": item})
    assert call.name == "image_generation"
    assert picture == MediaGiven(PNG, "image/png")


DONE = {"type": "response.completed", "response": {"status": "completed", "output": []}}
CALL = {"id": "fc_1", "type": "function_call", "call_id": "c1", "name": "f", "arguments": ""}


@pytest.mark.parametrize("kind", ["output_text", "text"])
def test_names_of_text(kind: str) -> None:
    assert read({"type": f"response.{kind}.delta", "delta": "x"}) == [TextDelta("x")]
    assert read({"type": "response.delta", "delta": "x"}) == [TextDelta("x")]


def test_a_refusal_is_said_and_marked() -> None:
    [said, stopped] = read({"type": "response.refusal.delta", "delta": "No."}, DONE)
    assert said == TextDelta("No.")
    assert stopped == ModelStopped("refusal")


def test_fragments_of_two_calls_mixed() -> None:
    other = CALL | {"id": "fc_2", "call_id": "c2", "name": "g"}
    events = read(
        {"type": "response.output_item.added", "item": CALL},
        {"type": "response.output_item.added", "item": other},
        {"type": "response.function_call_arguments.done", "item_id": "fc_2", "arguments": "oops"},
        {"type": "response.function_call_arguments.done", "item_id": "fc_1", "arguments": "[1]"},
        {"type": "response.output_item.done", "item": other | {"arguments": "oops"}},
        {"type": "response.output_item.done", "item": CALL | {"arguments": "[1]"}},
        DONE,
    )
    assert events[:2] == [
        ToolCalled("c2", "g", {"raw": "oops"}, "openai", item_id="fc_2"),
        ToolCalled("c1", "f", {"value": [1]}, "openai", item_id="fc_1"),
    ]
    assert events[2].reason == "tool_calls"
    assert len(events) == 3


def test_arguments_that_came_in_fragments_alone() -> None:
    item = {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "f"}
    delta = {"type": "response.function_call_arguments.delta", "item_id": "fc_1"}
    done = {"type": "response.function_call_arguments.done", "item_id": "fc_1"}
    wires = [
        {"type": "response.output_item.added", "item": item},
        *(delta | {"delta": piece} for piece in ('{"a"', ":1}")),
        done,
    ]
    reader = ResponsesReader()
    [call] = [event for wire in wires for event in reader.feed(msgspec.json.encode(wire))]
    assert isinstance(call, ToolCalled)
    assert (call.id, call.arguments) == ("c1", {"a": 1})


def test_reasoning_that_comes_with_its_item_is_said_once() -> None:
    item = {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "Hm"}]}
    reader = ResponsesReader()
    wires = [{"type": f"response.output_item.{when}", "item": item} for when in ("added", "done")]
    said = [list(reader.feed(msgspec.json.encode(wire))) for wire in wires]
    assert said == [[ThinkingDelta("Hm")], []]


def test_a_call_of_which_only_the_end_came() -> None:
    [call] = read({"type": "response.output_item.done", "item": CALL})
    assert call == ToolCalled("c1", "f", {}, "openai", item_id="fc_1")


def test_cited_pages_come_once() -> None:
    page = {"type": "url_citation", "url": "https://a.example/", "title": "A"}
    message = {"id": "m", "type": "message", "content": [{"text": "x", "annotations": [page]}]}
    events = read(
        {"type": "response.output_text.delta", "item_id": "m", "delta": "x"},
        {"type": "response.output_text.annotation.added", "annotation": page},
        {"type": "response.output_item.done", "item": message},
    )
    assert events == [TextDelta("x"), SourceCited("https://a.example/", "A")]


def test_paragraphs_of_thinking_are_kept_apart() -> None:
    part = {"type": "response.reasoning_summary_part.added", "item_id": "r"}
    delta = {"type": "response.reasoning_summary_text.delta", "item_id": "r"}
    whole = {"type": "response.reasoning_summary_text.done", "item_id": "r", "text": "ab"}
    events = read(part, delta | {"delta": "a"}, part, delta | {"delta": "b"}, whole)
    assert events == [ThinkingDelta("a"), ThinkingDelta("\n\n"), ThinkingDelta("b")]
    assert read(whole) == [ThinkingDelta("ab")]


@pytest.mark.parametrize(
    ("wire", "kind"),
    [
        ({"type": "error", "code": "rate_limit_exceeded", "message": "slow"}, ProviderOverloaded),
        ({"type": "error", "error": {"code": "context_length_exceeded"}}, ContextTooLong),
        ({"type": "response.error", "error": {"type": "server_error"}}, ProviderUnavailable),
        ({"error": {"type": "invalid_request_error", "message": "no"}}, ProviderRejected),
        (
            {"type": "response.failed", "response": {"error": {"code": "server_error"}}},
            ProviderUnavailable,
        ),
        (
            {"type": "response.completed", "response": {"status": "cancelled"}},
            ProviderBrokeOff,
        ),
    ],
)
def test_errors_inside_an_answer(wire: dict[str, Any], kind: type[ProviderError]) -> None:
    with pytest.raises(kind):
        read(wire)


def test_unknown_events_pass_by_and_garbage_does_not() -> None:
    assert read({"type": "response.new_in_2030", "delta": {"a": 1}}, {"type": "keepalive"}) == []
    for garbage in (b"<html>", b"{", b'{"type": 5}', b'{"type":"response.completed"}'):
        with pytest.raises(ProviderGarbled):
            list(ResponsesReader().feed(garbage))
    for body in (b"{", b'{"object":"list"}', b"[]"):
        with pytest.raises(ProviderGarbled):
            list(ResponsesReader().whole(body))


def test_after_the_end_nothing_counts() -> None:
    assert len(read(DONE, {"type": "response.output_text.delta", "delta": "x"}, DONE)) == 1
