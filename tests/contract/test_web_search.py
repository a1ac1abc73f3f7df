"""What everybody who searches the web promises."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from adapters.memory.web_search import MemorySearch
from adapters.openai.responses_wire import decode_response
from adapters.openai.search import OpenAISearch
from adapters.openai.search import findings as openai_findings
from adapters.perplexity.search import PerplexitySearch
from adapters.searxng.search import SearxngSearch
from adapters.transport.patience import Patience
from application.ports.web_search import FoundPage, WebSearch
from domain.errors import NotConfigured
from domain.provider_errors import (
    ProviderError,
    ProviderGarbled,
    ProviderOverloaded,
    ProviderRejected,
    ProviderUnauthorized,
)
from tests.simulators import web_searches
from tests.simulators.replies import failure, json_reply, raw
from tests.simulators.server import Simulator
from tests.wire import recordings

PAGES = {
    "https://a.example/tides": ("Tides", "tides rise twice a day"),
    "https://b.example/moon": ("Moon and tides", "The Moon pulls: tides."),
    "https://c.example/": ("More tides", "tides and times"),
}
PATIENCE = Patience(first_token_s=10)


@dataclass
class Searching:
    search: WebSearch
    sim: Simulator | None
    sends_back: Callable[[web_searches.Pages], Any] | None


def _memory(_: Simulator) -> Searching:
    pages = [FoundPage(url, title, text) for url, (title, text) in PAGES.items()]
    return Searching(MemorySearch(pages), None, None)


MAKERS: dict[str, Callable[[Simulator], Searching]] = {
    "memory": _memory,
    "perplexity": lambda sim: Searching(
        PerplexitySearch("pplx-1", sim.address, PATIENCE), sim, web_searches.perplexity
    ),
    "searxng": lambda sim: Searching(
        SearxngSearch(sim.address, PATIENCE), sim, web_searches.searxng
    ),
    "openai": lambda sim: Searching(
        OpenAISearch("sk-1", f"{sim.address}/v1", PATIENCE), sim, web_searches.openai
    ),
}
REAL = [name for name in MAKERS if name != "memory"]


@pytest.fixture
async def searching(request: pytest.FixtureRequest) -> AsyncIterator[Searching]:
    with Simulator(failure(500)) as sim:
        made = MAKERS[request.param](sim)
        if made.sends_back is not None:
            sim.default = json_reply(made.sends_back(PAGES))
        yield made
        if not isinstance(made.search, MemorySearch):
            await made.search.aclose()  # type: ignore[attr-defined]


@pytest.mark.parametrize("searching", MAKERS, indirect=True)
async def test_pages_are_found_the_best_first_and_no_more_than_asked_for(
    searching: Searching,
) -> None:
    found = await searching.search.find("tides", 2)
    assert [page.url for page in found.pages] == list(PAGES)[:2]
    assert found.pages[0].title == "Tides"


@pytest.mark.parametrize("searching", REAL, indirect=True)
@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (failure(429, retry_after="7"), ProviderOverloaded),
        (failure(401), ProviderUnauthorized),
        (raw(b"<html>down</html>"), ProviderGarbled),
        (json_reply({"results": 3, "output": 3}), ProviderGarbled),
        (raw(b'{"results": [{"url": "\xff"}], "output": [{"a": "\xff"}]}'), ProviderGarbled),
        (raw(b'{"results":' + b"[" * 100_000), ProviderGarbled),
        (
            json_reply({"results": [5], "output": [{"type": "message", "content": ["words"]}]}),
            ProviderGarbled,
        ),
    ],
)
async def test_failures_are_errors_of_ours(
    searching: Searching, reply: Any, error: type[ProviderError]
) -> None:
    assert searching.sim is not None
    searching.sim.default = reply
    with pytest.raises(error):
        await searching.search.find("tides", 2)


@pytest.mark.parametrize(
    ("search", "variable"),
    [
        (PerplexitySearch("", "http://127.0.0.1:1", PATIENCE), "PERPLEXITY_API_KEY"),
        (SearxngSearch("", PATIENCE), "SEARXNG_BASE_URL"),
        (OpenAISearch("", "http://127.0.0.1:1", PATIENCE), "OPENAI_API_KEY"),
    ],
)
async def test_what_is_missing_is_named(search: WebSearch, variable: str) -> None:
    with pytest.raises(NotConfigured, match=variable):
        await search.find("tides", 2)


@pytest.mark.parametrize("searching", ["perplexity"], indirect=True)
async def test_perplexity_is_asked_for_results_alone(searching: Searching) -> None:
    found = await searching.search.find("tides", 2)
    assert searching.sim is not None
    (request,) = searching.sim.requests
    assert (request.path, request.json) == ("/search", {"query": "tides", "max_results": 2})
    assert request.headers["authorization"] == "Bearer pplx-1"
    assert (found.pages[0].published, found.cost_usd) == ("2026-10-01", 0.005)


@pytest.mark.parametrize("searching", ["searxng"], indirect=True)
async def test_searxng_gets_the_words_as_they_are(searching: Searching) -> None:
    await searching.search.find("größe & q=1", 2)
    assert searching.sim is not None
    (request,) = searching.sim.requests
    assert request.path == "/search?q=gr%C3%B6%C3%9Fe+%26+q%3D1&format=json"
    searching.sim.default = raw(b"Forbidden", status=403)
    with pytest.raises(ProviderRejected, match=r"settings\.yml"):
        await searching.search.find("tides", 2)


@pytest.mark.parametrize("searching", ["openai"], indirect=True)
async def test_openai_is_made_to_search_and_says_what_it_looked_at(searching: Searching) -> None:
    found = await searching.search.find("tides", 9)
    assert searching.sim is not None
    sent = searching.sim.requests[0].json
    assert sent["tools"] == [{"type": "web_search"}] == [sent["tool_choice"]]
    assert found.pages[-1].url == "https://looked-at.example/"
    assert found.summary is not None
    assert (found.usage is not None, found.cost_usd) == (True, None)


def test_a_recorded_search_is_read() -> None:
    for exchange in recordings.case("openai", "responses", "openai-v2-web-search"):
        found = openai_findings(decode_response(exchange.body), 5)
        assert found.summary
        assert found.usage is not None
