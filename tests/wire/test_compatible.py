"""Recorded answers of xAI, Groq, DeepSeek and Perplexity, read as their dialects say."""

import re
from typing import Any

import msgspec
import pytest

from adapters.compatible import deepseek, groq, perplexity, xai
from adapters.memory.clock import ManualClock
from adapters.transport.chat_wire.events import ChatReader
from adapters.transport.tool_arguments import read_arguments
from application.research.listening import Listening
from domain.provider_errors import ProviderOverloaded, ProviderRejected
from domain.research import sources_of, with_resolved_numbers
from domain.turn.events import ModelStopped, SourceCited, TextDelta, ThinkingDelta, ToolCalled
from domain.turn.metering import Usage
from tests.wire.answers import Answer, payloads, pieces, streamed
from tests.wire.recordings import Exchange, case, each, exchanges

DIALECTS = {module.PROVIDER: module.DIALECT for module in (xai, groq, deepseek, perplexity)}
BROKEN = "groq/chat--test-tool-use-failed-error-streaming#0"
ANSWERS = [
    exchange
    for provider in DIALECTS
    for exchange in exchanges(provider, "chat")
    if exchange.status == 200 and exchange.name != BROKEN
]
_TAGGED = re.compile(r"\s*<think>(.*?)</think>\n*(.*)", re.DOTALL)


def reader_for(provider: str) -> ChatReader:
    return ChatReader(provider, DIALECTS[provider].quirks)


def read(exchange: Exchange, size: int = 1 << 20) -> Answer:
    reader = reader_for(exchange.name.partition("/")[0])
    if exchange.streams:
        return Answer(streamed(reader, payloads(pieces(exchange.body, size))))
    return Answer([*reader.whole(exchange.body)])


def chunks(exchange: Exchange) -> list[dict[str, Any]]:
    """Return the answer's JSON objects: every chunk, or the one body."""
    if not exchange.streams:
        return [exchange.response["json"]]
    return [msgspec.json.decode(data) for data in payloads([exchange.body]) if data[:1] == b"{"]


def parts(exchange: Exchange) -> list[dict[str, Any]]:
    place = "delta" if exchange.streams else "message"
    return [choice[place] for chunk in chunks(exchange) for choice in chunk.get("choices", ())]


@each(ANSWERS)
def test_text_and_thinking(exchange: Exchange) -> None:
    text = "".join(part.get("content") or "" for part in parts(exchange))
    thinking = "".join(
        part.get("reasoning_content") or part.get("reasoning") or "" for part in parts(exchange)
    )
    if tagged := _TAGGED.fullmatch(text):
        thinking, text = thinking + tagged[1], tagged[2]
    answer = read(exchange)
    assert (answer.text, answer.thinking) == (text, thinking)


@each(ANSWERS)
def test_calls(exchange: Exchange) -> None:
    drafts: dict[int, list[str]] = {}
    for part in parts(exchange):
        for place, call in enumerate(part.get("tool_calls") or ()):
            draft = drafts.setdefault(call.get("index", place), ["", "", ""])
            function = call["function"]
            for at, piece in enumerate((call.get("id"), function.get("name"))):
                draft[at] += piece or ""
            draft[2] += function.get("arguments") or ""
    expected = [(call_id, name, read_arguments(text)) for call_id, name, text in drafts.values()]
    assert [(call.id, call.name, call.arguments) for call in read(exchange).calls] == expected


@each(ANSWERS)
def test_usage_is_the_last_that_is_given_anywhere(exchange: Exchange) -> None:
    given = [
        usage
        for chunk in chunks(exchange)
        for usage in (chunk.get("usage"), (chunk.get("x_groq") or {}).get("usage"))
        if usage
    ]
    usage = read(exchange).stopped.usage
    assert usage is not None
    assert usage.input_tokens == given[-1]["prompt_tokens"]
    assert usage.total_tokens == given[-1]["total_tokens"]
    # Reasoning beside the completion is part of the output all the same.
    beside = exchange.name.startswith("xai/")
    thought = usage.reasoning_tokens if beside else 0
    assert usage.output_tokens == given[-1]["completion_tokens"] + thought


@each(ANSWERS)
def test_why_it_stopped(exchange: Exchange) -> None:
    reasons = [choice.get("finish_reason") for c in chunks(exchange) for choice in c["choices"]]
    stopped = read(exchange).stopped
    assert (stopped.reason, stopped.note) == (next(filter(None, reasons)), None)


@each(ANSWERS)
def test_every_cited_page_once(exchange: Exchange) -> None:
    last = chunks(exchange)[-1]
    results = last.get("search_results") or []
    urls = [*(last.get("citations") or ()), *(result["url"] for result in results)]
    titles = {result["url"]: result["title"] for result in results}
    # A file of the user's is a result without an address.
    known = filter(None, dict.fromkeys(urls))
    numbers: dict[str, list[int]] = {}
    for number, url in enumerate(last.get("citations") or (), 1):
        numbers.setdefault(url, []).append(number)
    expected = [SourceCited(url, titles.get(url, ""), tuple(numbers.get(url, ()))) for url in known]
    assert read(exchange).sources == expected


@each([exchange for exchange in ANSWERS if exchange.name.startswith("perplexity/")])
def test_a_report_of_perplexitys_resolves(exchange: Exchange) -> None:
    heard = Listening(perplexity.CARDS[0], ManualClock())
    answer = read(exchange)
    heard.hear([TextDelta(answer.text), *answer.sources, answer.stopped])
    sources = sources_of([(page.url, page.title, page.numbers) for page in heard.pages])
    listed = chunks(exchange)[-1].get("citations") or []
    numbers = {source.number: source.url for source in sources}
    for found in re.findall(r"\[(\d+)\]", with_resolved_numbers(heard.text, numbers.keys())):
        assert numbers[int(found)] == listed[int(found) - 1]
    told = (chunks(exchange)[-1].get("usage") or {}).get("cost")
    assert heard.bill().cost_usd == (told and told["total_cost"])


@each([exchange for exchange in ANSWERS if exchange.streams])
@pytest.mark.parametrize("size", [1, 13])
def test_where_the_network_cuts_makes_no_difference(exchange: Exchange, size: int) -> None:
    cut, whole = read(exchange, size), read(exchange)
    assert (cut.text, cut.thinking, cut.calls) == (whole.text, whole.thinking, whole.calls)
    assert (cut.sources, cut.stopped) == (whole.sources, whole.stopped)


def test_xai_counts_reasoning_beside_the_answer() -> None:
    [said] = case("xai", "chat", "xai-text-chunks")
    assert read(said).stopped.usage == Usage(12, 291, 303, 11, 290)


def test_deepseeks_cached_tokens_of_old() -> None:
    body = {
        "choices": [{"message": {"content": "a"}}],
        "usage": {"prompt_tokens": 9, "completion_tokens": 1, "prompt_cache_hit_tokens": 8},
    }
    *_, stopped = reader_for("deepseek").whole(msgspec.json.encode(body))
    assert isinstance(stopped, ModelStopped)
    assert stopped.usage == Usage(9, 1, 10, 8)


def test_deep_research_counts_its_thoughts_elsewhere() -> None:
    body = {
        "choices": [{"message": {"content": "a"}}],
        "usage": {"prompt_tokens": 9, "completion_tokens": 1, "reasoning_tokens": 70},
    }
    *_, stopped = reader_for("perplexity").whole(msgspec.json.encode(body))
    assert isinstance(stopped, ModelStopped)
    assert stopped.usage == Usage(9, 1, 10, reasoning_tokens=70)


def test_deepseeks_thoughts_before_a_call_are_kept_for_the_next_round() -> None:
    [called] = case("deepseek", "chat", "deepseek-tool-call-chunks")
    answer = read(called)
    assert answer.thinking
    assert answer.stopped.state == ({"reasoning_content": answer.thinking},)
    [only_said] = case("deepseek", "chat", "test-deepseek-model-thinking-stream")
    assert read(only_said).stopped.state == ()


def test_deepseek_gives_up_in_mid_answer() -> None:
    reader = reader_for("deepseek")
    said = b'{"choices": [{"index": 0, "delta": {"content": "a"}}]}'
    gave_up = b'{"choices": [{"index": 0, "delta": {"content": ""}, "finish_reason": "%s"}]}'
    assert list(reader.feed(said)) == [TextDelta("a")]
    with pytest.raises(ProviderOverloaded, match="deepseek ran out of resources"):
        list(streamed(reader, [gave_up % b"insufficient_system_resource", b"[DONE]"]))


def test_groq_fails_in_mid_answer() -> None:
    [failed, *_] = case("groq", "chat", "test-tool-use-failed-error-streaming")
    reader = reader_for("groq")
    *before, last = payloads([failed.body])
    assert {type(e) for data in before for e in reader.feed(data)} == {ThinkingDelta}
    with pytest.raises(ProviderRejected, match="groq: Tool call validation failed"):
        list(reader.feed(last))


def think_stream(pieces: list[str]) -> list[bytes]:
    chunks: list[dict[str, Any]] = [
        {"choices": [{"index": 0, "delta": {"content": piece}}], "citations": ["https://a.example"]}
        for piece in pieces
    ]
    chunks.append({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    return [msgspec.json.encode(chunk) for chunk in chunks]


@pytest.mark.parametrize("provider", ["groq", "perplexity"])
def test_thinking_in_tags_split_anywhere(provider: str) -> None:
    text = "<think>\nso</think>\n\nyes <b>"
    for size in range(1, len(text) + 1):
        pieces = [text[at : at + size] for at in range(0, len(text), size)]
        answer = Answer(streamed(reader_for(provider), think_stream(pieces)))
        assert (answer.thinking, answer.text) == ("\nso", "yes <b>")
        assert answer.sources == [SourceCited("https://a.example", numbers=(1,))]


@pytest.mark.parametrize("provider", ["xai", "deepseek"])
def test_tags_are_text_where_reasoning_has_its_own_place(provider: str) -> None:
    answer = Answer(streamed(reader_for(provider), think_stream(["<think>a</think>b"])))
    assert (answer.thinking, answer.text) == ("", "<think>a</think>b")


def test_citations_as_objects_and_pages_that_only_the_search_knows() -> None:
    body = {
        "choices": [{"message": {"content": "a"}}],
        "citations": [{"url": "https://b.example"}, "https://a.example", "https://a.example", 5],
        "search_results": [
            {"url": "https://a.example", "title": "A"},
            {"url": "https://c.example", "title": "C"},
            {"title": "nowhere"},
        ],
    }
    assert Answer([*reader_for("perplexity").whole(msgspec.json.encode(body))]).sources == [
        SourceCited("https://b.example", numbers=(1,)),
        SourceCited("https://a.example", "A", (2, 3)),
        SourceCited("https://c.example", "C"),
    ]


@pytest.mark.parametrize("name", ["xai", "groq", "deepseek"])
def test_whose_functions_wait_for_the_client(name: str) -> None:
    call = {"index": 0, "id": "c1", "function": {"name": "f", "arguments": "{}"}}
    chunk = {"choices": [{"delta": {"tool_calls": [call]}, "finish_reason": "tool_calls"}]}
    reader = reader_for(name)
    events = [*reader.feed(msgspec.json.encode(chunk)), *reader.feed(b"[DONE]")]
    assert [e.awaited for e in events if isinstance(e, ToolCalled)] == [name == "xai"]
