"""Recorded generateContent answers ↔ events."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from adapters.google.events import GenerateReader
from domain.provider_errors import ProviderBrokeOff
from domain.turn.events import ModelEvent, ModelStopped, SourceCited, TextDelta, ToolCalled
from domain.turn.metering import Usage
from tests.wire.answers import Answer, payloads, pieces, streamed
from tests.wire.recordings import Exchange, case, each, exchanges

ASKED = (":generateContent", ":streamGenerateContent")
EVERY = [
    exchange
    for exchange in exchanges("gemini", "generate")
    if exchange.request is None or exchange.path.endswith(ASKED)
]
ANSWERS = [exchange for exchange in EVERY if exchange.status == 200]
FAILED = [exchange for exchange in EVERY if exchange.status >= 400]


def chunks_of(exchange: Exchange) -> list[dict[str, Any]]:
    """Return what came, chunk by chunk; an answer in one piece is one chunk."""
    response = exchange.response
    if (chunks := response.get("chunks")) is not None:
        return [msgspec.json.decode(chunk) for chunk in chunks]
    if (text := response.get("text")) is not None:
        return [msgspec.json.decode(payload) for payload in payloads([text.encode()])]
    # Asked without `alt=sse`, Google streams the same chunks as one JSON list.
    return response["json"] if isinstance(response["json"], list) else [response["json"]]


def came_as_stream(exchange: Exchange) -> bool:
    return not isinstance(exchange.response.get("json"), dict)


STREAMS = [exchange for exchange in ANSWERS if came_as_stream(exchange)]


def body_of(exchange: Exchange) -> bytes:
    if (text := exchange.response.get("text")) is not None:
        return text.encode()
    chunks = map(msgspec.json.encode, chunks_of(exchange))
    return b"".join(b"data: " + chunk + b"\r\n\r\n" for chunk in chunks)


def events_of(exchange: Exchange, size: int = 1 << 20) -> list[ModelEvent]:
    reader = GenerateReader()
    if came_as_stream(exchange):
        return streamed(reader, payloads(pieces(body_of(exchange), size)))
    return [*reader.whole(exchange.body)]


def parts_of(exchange: Exchange, key: str) -> list[Any]:
    return [part[key] for part in every_part(exchange) if key in part]


def every_part(exchange: Exchange) -> Iterator[dict[str, Any]]:
    for chunk in chunks_of(exchange):
        for candidate in chunk.get("candidates", [])[:1]:
            yield from candidate["content"].get("parts", ())


def last_of(exchange: Exchange, key: str) -> Any:
    chunks = chunks_of(exchange)
    candidates = [candidate for chunk in chunks for candidate in chunk.get("candidates", ())]
    return [found[key] for found in (*chunks, *candidates) if key in found][-1]


def test_every_exchange_of_the_index_is_an_answer_or_an_error() -> None:
    assert len(ANSWERS) + len(FAILED) == len(EVERY)


@each(ANSWERS)
def test_text_and_thinking(exchange: Exchange) -> None:
    answer = Answer(events_of(exchange))
    said, thought = "", ""
    for part in every_part(exchange):
        if "inlineData" in part:
            assert [given.mime_type for given in answer.given] == [part["inlineData"]["mimeType"]]
        elif part.get("thought"):
            thought += part["text"]
        else:
            said += part.get("text", "")
    assert (answer.text, answer.thinking) == (said, thought)


@each(ANSWERS)
def test_calls(exchange: Exchange) -> None:
    answer = Answer(events_of(exchange))
    # Google itself answers the calls of servers that it was told of.
    answered = [response["name"] for response in parts_of(exchange, "functionResponse")]
    came = parts_of(exchange, "functionCall")
    ours = [call for call in came if call["name"] not in answered]
    assert [(call.name, call.arguments) for call in answer.calls] == [
        (call["name"], call["args"]) for call in ours
    ]
    for told, call in zip(answer.calls, ours, strict=True):
        assert told.id == call.get("id", told.id)
    assert len({call.id for call in (*answer.calls, *answer.run)}) == len(
        (*answer.calls, *answer.run)
    )
    assert all(call.id for call in (*answer.calls, *answer.run))
    run = [call.name for call in answer.run if not call.name.startswith(("google_", "url_"))]
    code = ["code_execution"] * len(parts_of(exchange, "executableCode"))
    assert run == [*answered, *code]


@each(ANSWERS)
def test_what_was_looked_up(exchange: Exchange) -> None:
    answer = Answer(events_of(exchange))
    chunks = [chunk for chunk in chunks_of(exchange) if chunk.get("candidates")]
    grounding = [chunk["candidates"][0].get("groundingMetadata", {}) for chunk in chunks]
    queries = [query for found in grounding for query in found.get("webSearchQueries", ())]
    queries += [q for call in parts_of(exchange, "toolCall") for q in call["args"]["queries"]]
    searched = [call.arguments["query"] for call in answer.run if call.name == "google_search"]
    assert sorted(searched) == sorted({*queries} - {""})
    pages = [page for found in grounding for page in found.get("groundingChunks", ())]
    urls = [page["web"]["uri"] for page in pages if "web" in page]
    assert [source.url for source in answer.sources] == [*dict.fromkeys(urls)]


@each(ANSWERS)
def test_how_it_ended_and_what_it_cost(exchange: Exchange) -> None:
    answer = Answer(events_of(exchange))
    reason = "tool_calls" if answer.calls else "stop"
    expected = {"STOP": reason, "MAX_TOKENS": "length"}[last_of(exchange, "finishReason")]
    assert (answer.stopped.reason, answer.stopped.note) == (expected, None)
    usage, counted = last_of(exchange, "usageMetadata"), answer.stopped.usage
    assert counted is not None
    thought, used = usage.get("thoughtsTokenCount", 0), usage.get("toolUsePromptTokenCount", 0)
    assert counted.input_tokens == usage.get("promptTokenCount", 0) + used
    assert counted.output_tokens == usage.get("candidatesTokenCount", 0) + thought
    assert counted.reasoning_tokens == thought
    assert counted.cached_input_tokens == usage.get("cachedContentTokenCount", 0)
    assert counted.total_tokens == usage.get("totalTokenCount", counted.total_tokens)


@each(ANSWERS)
def test_what_is_handed_back_is_what_came(exchange: Exchange) -> None:
    answer = Answer(events_of(exchange))
    state = answer.stopped.state
    if not answer.calls:
        assert state == ()
        return
    came = [*every_part(exchange)]
    signed = [part["thoughtSignature"] for part in came if "thoughtSignature" in part]
    assert [part["thoughtSignature"] for part in state if "thoughtSignature" in part] == signed
    told = [part["functionCall"] for part in state if "functionCall" in part]
    assert [call["id"] for call in told] == [call.id for call in answer.calls]
    assert [call | {"id": ""} for call in told] == [
        call | {"id": ""} for call in parts_of(exchange, "functionCall")
    ]
    for thought in (True, None):
        words = [part["text"] for part in came if "text" in part and part.get("thought") is thought]
        kept = [part["text"] for part in state if "text" in part and part.get("thought") is thought]
        assert "".join(kept) == "".join(words)


@each(STREAMS)
@pytest.mark.parametrize("size", [1, 7, 1009])
def test_where_the_network_cuts_makes_no_difference(exchange: Exchange, size: int) -> None:
    assert events_of(exchange, size) == events_of(exchange)


@each(STREAMS)
def test_a_stream_cut_before_its_reason_to_finish_has_broken_off(exchange: Exchange) -> None:
    found = payloads([body_of(exchange)])
    finished = [at for at, payload in enumerate(found) if b'"finishReason"' in payload]
    for kept in {0, 1, len(found) // 2, finished[-1]} - {at + 1 for at in finished}:
        with pytest.raises(ProviderBrokeOff):
            streamed(GenerateReader(), found[:kept])


def test_a_server_that_google_asks_itself_is_no_tool_of_ours() -> None:
    [exchange] = case(
        "gemini",
        "generate",
        "client-tests-server-side-mcp-server-ml-dev-should-call-server-side-mcp-server-stream",
    )
    events = events_of(exchange)
    assert [type(event) for event in events] == [ToolCalled, TextDelta, TextDelta, ModelStopped]
    call, *_, stopped = events
    assert isinstance(call, ToolCalled)
    assert call.run_by_provider
    assert stopped == ModelStopped("stop", Usage(146, 674, 820, 0, 573))


def test_code_is_run_before_its_result_is_told() -> None:
    [exchange] = case("gemini", "generate", "test-code-execution-stream")
    call, *words, _ = events_of(exchange)
    code = "result = 65465 - 6544 * 65464 - 6 + 1.02255\nprint(result)"
    assert call == ToolCalled(
        "8xju7mua",
        "code_execution",
        {"code": code, "language": "PYTHON"},
        "gemini",
        run_by_provider=True,
    )
    assert {type(word) for word in words} == {TextDelta}


def test_a_page_that_was_read_is_told_and_cited() -> None:
    [exchange] = case("gemini", "generate", "test-google-model-web-fetch-tool-stream")
    answer = Answer(events_of(exchange))
    assert [(call.name, call.arguments) for call in answer.run] == [
        ("url_context", {"url": "https://ai.pydantic.dev"})
    ]
    assert answer.sources == [SourceCited("https://ai.pydantic.dev", "Pydantic AI")]


def test_text_that_is_none_breaks_no_answer_that_calls() -> None:
    parts = [{"text": "So"}, {"text": 5}, {"functionCall": {"name": "clock", "args": {}}}]
    candidate = {"content": {"parts": parts}, "finishReason": "STOP"}
    events = [*GenerateReader().whole(msgspec.json.encode({"candidates": [candidate]}))]
    assert [type(event) for event in events] == [TextDelta, ToolCalled, ModelStopped]
