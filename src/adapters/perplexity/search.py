"""Perplexity's search ("Search API" of its documentation, seen 2026-11)."""

from msgspec import Struct

from adapters.transport.patience import Patience
from adapters.transport.rest import Call, Rest
from application.ports.web_search import MOST_PAGES, Findings, FoundPage, WebSearch

PROVIDER = "perplexity"
USD_PER_SEARCH = 0.005
"""$5 for a thousand requests (2026-10)."""


class WirePage(Struct, frozen=True):
    """One result."""

    url: str
    title: str | None = None
    snippet: str | None = None
    date: str | None = None


class WireResults(Struct, frozen=True):
    """The answer."""

    results: tuple[WirePage, ...]


def search_call(query: str, count: int) -> Call:
    """Return the request."""
    return Call("/search", json={"query": query, "max_results": min(count, MOST_PAGES)})


def findings(wire: WireResults, count: int) -> Findings:
    """Return what was found."""
    pages = (FoundPage(p.url, p.title or p.url, p.snippet or "", p.date) for p in wire.results)
    return Findings(tuple(pages)[:count], cost_usd=USD_PER_SEARCH)


class PerplexitySearch(WebSearch):
    """Searches through one key."""

    def __init__(self, api_key: str | None, base_url: str, patience: Patience) -> None:
        self._rest = Rest(
            PROVIDER,
            base_url,
            api_key,
            "PERPLEXITY_API_KEY",
            patience,
            lambda key: {"authorization": f"Bearer {key}"},
        )

    async def find(self, query: str, count: int) -> Findings:
        body = await self._rest.body(search_call(query, count))
        return findings(self._rest.decoded(body, WireResults), count)

    async def aclose(self) -> None:
        """Close every connection."""
        await self._rest.aclose()
