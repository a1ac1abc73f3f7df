"""Recorded Messages answers ↔ events."""

from typing import Any

import msgspec
import pytest

from adapters.anthropic.events import MessagesReader
from adapters.transport.status_errors import answered
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
from domain.turn.events import ModelStopped, SourceCited, TextDelta, ThinkingDelta, ToolCalled
from domain.turn.metering import Usage
from tests.wire.answers import Answer, payloads, pieces, streamed
from tests.wire.recordings import Exchange, case, each, exchanges


def is_answer(exchange: Exchange) -> bool:
    body = exchange.response.get("json") or {}
    return exchange.status == 200 and (exchange.streams or body.get("type") == "message")


EVERY = exchanges("anthropic", "messages")
ANSWERS = [exchange for exchange in EVERY if is_answer(exchange)]
STREAMS = [exchange for exchange in ANSWERS if exchange.streams]
FAILED = [exchange for exchange in EVERY if exchange.status >= 400]


def answer_to(exchange: Exchange, size: int = 1 << 20) -> Answer:
    reader = MessagesReader()
    if exchange.streams:
        return Answer(streamed(reader, payloads(pieces(exchange.body, size))))
    return Answer([*reader.whole(exchange.body)])


def message_of(exchange: Exchange) -> dict[str, Any]:
    """Return the message as it would have come in one piece."""
    if not exchange.streams:
        return exchange.response["json"]
    message: dict[str, Any] = {}
    for wire in map(msgspec.json.decode, payloads([exchange.body])):
        match wire["type"]:
            case "message_start":
                message = wire["message"]
            case "content_block_start":
                message["content"].append(wire["content_block"] | {"json": ""})
            case "content_block_delta":
                grow(message["content"][wire["index"]], wire["delta"])
            case "message_delta":
                message["stop_reason"] = wire["delta"]["stop_reason"]
                message["usage"] |= wire["usage"]
    for block in message["content"]:
        if sent := block.pop("json"):
            block["input"] = msgspec.json.decode(sent)
    return message


def grow(block: dict[str, Any], delta: dict[str, Any]) -> None:
    match delta["type"]:
        case "text_delta":
            block["text"] += delta["text"]
        case "thinking_delta":
            block["thinking"] += delta["thinking"]
        case "signature_delta":
            block["signature"] = delta["signature"]
        case "input_json_delta":
            block["json"] += delta["partial_json"]
        case "citations_delta":
            block["citations"].append(delta["citation"])


def blocks(exchange: Exchange, kind: str) -> list[dict[str, Any]]:
    return [block for block in message_of(exchange)["content"] if block["type"] == kind]


@each(ANSWERS)
def test_text_thinking_and_calls(exchange: Exchange) -> None:
    answer = answer_to(exchange)
    assert answer.text == "".join(block["text"] for block in blocks(exchange, "text"))
    thoughts = (block["thinking"] for block in blocks(exchange, "thinking"))
    assert answer.thinking == "\n\n".join(filter(None, thoughts))
    for calls, kind in ((answer.calls, "tool_use"), (answer.run, "server_tool_use")):
        assert [(call.id, call.name, call.arguments) for call in calls] == [
            (block["id"], block["name"], block["input"]) for block in blocks(exchange, kind)
        ]


@each(ANSWERS)
def test_how_it_ended_and_what_it_cost(exchange: Exchange) -> None:
    message, stopped = message_of(exchange), answer_to(exchange).stopped
    reasons = {"end_turn": "stop", "tool_use": "tool_calls", "max_tokens": "length"}
    assert stopped.reason == reasons[message["stop_reason"]]
    usage, counted = message["usage"], stopped.usage
    assert counted is not None
    cached = usage.get("cache_read_input_tokens") or 0
    taken_in = usage.get("cache_creation_input_tokens") or 0
    assert counted.input_tokens == usage["input_tokens"] + cached + taken_in
    assert (counted.cached_input_tokens, counted.cache_written_tokens) == (cached, taken_in)
    assert counted.output_tokens == usage["output_tokens"]
    assert counted.total_tokens == counted.input_tokens + counted.output_tokens


@each(ANSWERS)
def test_what_is_handed_back_is_what_came(exchange: Exchange) -> None:
    state = answer_to(exchange).stopped.state
    if not blocks(exchange, "tool_use"):
        assert state == ()
        return
    came = message_of(exchange)["content"]
    assert [block for block in state if block["type"] != "text"] == [
        block for block in came if block["type"] != "text"
    ]
    assert [block["text"] for block in state if block["type"] == "text"] == [
        block["text"] for block in came if block["type"] == "text" and block["text"].strip()
    ]


@each(STREAMS)
@pytest.mark.parametrize("size", [1, 7, 1009])
def test_where_the_network_cuts_makes_no_difference(exchange: Exchange, size: int) -> None:
    cut, whole = answer_to(exchange, size), answer_to(exchange)
    assert (cut.text, cut.thinking, cut.calls) == (whole.text, whole.thinking, whole.calls)
    assert (cut.run, cut.sources, cut.stopped) == (whole.run, whole.sources, whole.stopped)


@each(STREAMS)
def test_a_stream_cut_anywhere_has_broken_off(exchange: Exchange) -> None:
    found = payloads([exchange.body])
    for kept in {0, 1, len(found) // 2, len(found) - 1}:
        with pytest.raises(ProviderBrokeOff):
            streamed(MessagesReader(), found[:kept])


@each(FAILED)
def test_recorded_errors(exchange: Exchange) -> None:
    error = answered("anthropic", exchange.status, exchange.body)
    body = str(exchange.response["json"])
    kinds: dict[int, type[ProviderError]] = {401: ProviderUnauthorized, 404: ModelNotOffered}
    too_long = ContextTooLong if "too long" in body else ProviderRejected
    assert type(error) is kinds.get(exchange.status, too_long)
    assert "req_" not in str(error)


def test_a_search_and_the_pages_it_led_to() -> None:
    [searched, _] = case(
        "anthropic",
        "messages",
        "chat-web-search-with-anthropic-claude-haiku-4-5-streams-search-turns-and-reconstructs-them",
    )
    answer = answer_to(searched)
    assert answer.run == [
        ToolCalled(
            "srvtoolu_01P3mJaBNTYcRrtoaqGRmxVg",
            "web_search",
            {"query": "latest stable Ruby version"},
            "anthropic",
            run_by_provider=True,
        )
    ]
    assert answer.sources == [
        SourceCited("https://www.ruby-lang.org/en/downloads/", "Download Ruby | Ruby"),
        SourceCited(
            "https://www.ruby-lang.org/en/news/2026/07/14/ruby-4-0-6-released/",
            "Ruby 4.0.6 Released | Ruby",
        ),
    ]
    assert answer.stopped.usage == Usage(9447, 114, 9561)


def test_thinking_comes_before_the_words_and_is_counted() -> None:
    [exchange] = case(
        "anthropic",
        "messages",
        "chat-with-extended-thinking-anthropic-claude-haiku-4-5-streams-thinking-content-when-avail",
    )
    events = streamed(MessagesReader(), payloads([exchange.body]))
    kinds = [type(event) for event in events]
    assert kinds.index(TextDelta) == kinds.count(ThinkingDelta) > 3
    stopped = events[-1]
    assert isinstance(stopped, ModelStopped)
    assert stopped.usage is not None
    assert stopped.usage.reasoning_tokens == 353


def start(index: int, **block: Any) -> dict[str, Any]:
    return {"type": "content_block_start", "index": index, "content_block": block}


def delta(index: int, **piece: Any) -> dict[str, Any]:
    return {"type": "content_block_delta", "index": index, "delta": piece}


def stop(index: int) -> dict[str, Any]:
    return {"type": "content_block_stop", "index": index}


def ending(reason: str, **details: Any) -> list[dict[str, Any]]:
    changed = {"type": "message_delta", "delta": {"stop_reason": reason} | details}
    return [changed, {"type": "message_stop"}]


START = {"type": "message_start", "message": {"usage": {"input_tokens": 3}}}


def read(*events: dict[str, Any]) -> list[Any]:
    reader = MessagesReader()
    return [event for wire in events for event in reader.feed(msgspec.json.encode(wire))]


def test_interleaved_thinking_keeps_its_order_and_its_signatures() -> None:
    events = read(
        START,
        start(0, type="thinking", thinking="", signature=""),
        delta(0, type="thinking_delta", thinking="First"),
        delta(0, type="signature_delta", signature="s1"),
        stop(0),
        start(1, type="redacted_thinking", data="c2VjcmV0"),
        stop(1),
        start(2, type="text", text=""),
        delta(2, type="text_delta", text="Wait."),
        stop(2),
        start(3, type="thinking", thinking="", signature=""),
        delta(3, type="thinking_delta", thinking="Sec"),
        delta(3, type="thinking_delta", thinking="ond"),
        delta(3, type="signature_delta", signature="s2"),
        stop(3),
        start(4, type="tool_use", id="c1", name="f", input={}, caller={"type": "direct"}),
        delta(4, type="input_json_delta", partial_json='{"a"'),
        delta(4, type="input_json_delta", partial_json=": 1}"),
        stop(4),
        *ending("tool_use"),
    )
    assert events[:-1] == [
        ThinkingDelta("First"),
        TextDelta("Wait."),
        ThinkingDelta("\n\n"),
        ThinkingDelta("Sec"),
        ThinkingDelta("ond"),
        ToolCalled("c1", "f", {"a": 1}, "anthropic"),
    ]
    assert events[-1] == ModelStopped(
        "tool_calls",
        Usage(3, 0, 3),
        state=(
            {"type": "thinking", "thinking": "First", "signature": "s1"},
            {"type": "redacted_thinking", "data": "c2VjcmV0"},
            {"type": "text", "text": "Wait."},
            {"type": "thinking", "thinking": "Second", "signature": "s2"},
            {
                "type": "tool_use",
                "id": "c1",
                "name": "f",
                "input": {"a": 1},
                "caller": {"type": "direct"},
            },
        ),
    )


def test_what_would_be_refused_is_not_handed_back() -> None:
    [*_, stopped] = read(
        START,
        start(0, type="thinking", thinking="never signed", signature=""),
        start(1, type="text", text="\n\n"),
        start(2, type="text", text="x", citations=[]),
        start(3, type="tool_use", id="c1", name="f", input={}),
        stop(3),
        *ending("tool_use"),
    )
    assert [block["type"] for block in stopped.state] == ["text", "tool_use"]
    assert stopped.state[0] == {"type": "text", "text": "x"}


@pytest.mark.parametrize(
    ("sent", "arguments"),
    [("", {}), ("{", {"raw": "{"}), ("[1]", {"value": [1]}), ('{"a": {}}', {"a": {}})],
)
def test_whatever_a_model_takes_for_arguments(sent: str, arguments: Any) -> None:
    [call, stopped] = read(
        START,
        start(0, type="tool_use", id="c1", name="f", input={}),
        delta(0, type="input_json_delta", partial_json=sent),
        stop(0),
        *ending("max_tokens"),
    )
    assert call.arguments == arguments
    assert stopped.reason == "length"
    assert stopped.state[0]["input"] == arguments


@pytest.mark.parametrize(
    ("reason", "expected", "note"),
    [
        ("end_turn", "stop", None),
        ("stop_sequence", "stop", None),
        ("max_tokens", "length", None),
        ("model_context_window_exceeded", "length", "model_context_window_exceeded"),
        ("pause_turn", "length", "pause_turn"),
        ("refusal", "refusal", "refusal"),
        ("new_in_2030", "stop", "new_in_2030"),
    ],
)
def test_why_it_stopped(reason: str, expected: str, note: str | None) -> None:
    [stopped] = read(START, *ending(reason))
    assert (stopped.reason, stopped.note) == (expected, note)


def test_a_refusal_is_explained() -> None:
    details = {"type": "refusal", "category": "bio", "explanation": "This may be misused."}
    [stopped] = read(START, *ending("refusal", stop_details=details))
    assert stopped.note == "This may be misused."
    [stopped] = read(START, *ending("refusal", stop_details=details | {"explanation": None}))
    assert stopped.note == "bio"


def test_a_page_is_cited_once_and_a_document_has_no_page() -> None:
    page = {"type": "web_search_result_location", "url": "https://a.example/", "title": None}
    document = {"type": "char_location", "document_title": "A", "cited_text": "x"}
    events = read(
        START,
        start(0, type="text", text="", citations=[]),
        *(delta(0, type="citations_delta", citation=found) for found in (page, document, page)),
    )
    assert events == [SourceCited("https://a.example/")]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("overloaded_error", ProviderOverloaded),
        ("rate_limit_error", ProviderOverloaded),
        ("api_error", ProviderUnavailable),
        ("timeout_error", ProviderUnavailable),
        ("authentication_error", ProviderUnauthorized),
        ("permission_error", ProviderUnauthorized),
        ("billing_error", ProviderUnpaid),
        ("invalid_request_error", ProviderRejected),
        ("not_found_error", ModelNotOffered),
        ("request_too_large", ContextTooLong),
    ],
)
def test_errors_inside_an_answer(kind: str, expected: type[ProviderError]) -> None:
    error = {"type": kind, "message": "It did not work"}
    for body in ({"type": "error", "error": error}, {"error": error}):
        with pytest.raises(ProviderError) as caught:
            read(START, body)
        assert type(caught.value) is expected
        with pytest.raises(expected):
            list(MessagesReader().whole(msgspec.json.encode(body)))


def test_unknown_events_pass_by_and_garbage_does_not() -> None:
    compaction = delta(0, type="compaction_delta", content="so far")
    known = start(0, type="compaction", content=None)
    assert read({"type": "new_in_2030", "delta": {"a": 1}}, {"type": "ping"}) == []
    assert read(START, known, compaction, stop(0), stop(7)) == []
    lost = msgspec.json.encode(delta(5, type="text_delta", text="x"))
    for garbage in (b"<html>", b"{", b'{"type": 5}', b'{"type":"content_block_start"}', lost):
        with pytest.raises(ProviderGarbled):
            list(MessagesReader().feed(garbage))
    for body in (b"{", b'{"object":"list"}', b"[]", b'{"type":"message","content":5}'):
        with pytest.raises(ProviderGarbled):
            list(MessagesReader().whole(body))


def test_after_the_end_nothing_counts() -> None:
    assert len(read(START, *ending("end_turn"), START, *ending("end_turn"))) == 1
