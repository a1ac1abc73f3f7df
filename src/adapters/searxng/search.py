"""A SearXNG of the operator's own ("Search API" of its documentation, seen 2026-11).

Its `settings.yml` must list `json` among the formats of `search`, or it answers 403.
"""

from collections.abc import Mapping
from urllib.parse import urlencode

from msgspec import Struct

from adapters.transport.patience import Patience
from adapters.transport.rest import Call, Rest
from adapters.transport.status_errors import answered
from application.ports.web_search import Findings, FoundPage, WebSearch
from domain.provider_errors import ProviderError, ProviderRejected

PROVIDER = "searxng"
_NO_JSON = 403


class WirePage(Struct, frozen=True, rename={"published": "publishedDate"}):
    """One result."""

    url: str
    title: str | None = None
    content: str | None = None
    published: str | None = None


class WireResults(Struct, frozen=True):
    """The answer."""

    results: tuple[WirePage, ...]


def search_call(query: str) -> Call:
    """Return the request; how many results come is the server's business."""
    return Call(f"/search?{urlencode({'q': query, 'format': 'json'})}", "GET")


def findings(wire: WireResults, count: int) -> Findings:
    """Return the first of what was found."""
    pages = (FoundPage(p.url, p.title or p.url, p.content or "", p.published) for p in wire.results)
    return Findings(tuple(pages)[:count])


class SearxngSearch(WebSearch):
    """Searches through the server at an address, which is all that it asks for."""

    def __init__(self, base_url: str, patience: Patience) -> None:
        self._rest = Rest(
            PROVIDER,
            base_url,
            base_url,
            "SEARXNG_BASE_URL",
            patience,
            lambda _: {"accept": "application/json"},
            _refused,
        )

    async def find(self, query: str, count: int) -> Findings:
        body = await self._rest.body(search_call(query))
        return findings(self._rest.decoded(body, WireResults), count)

    async def aclose(self) -> None:
        """Close every connection."""
        await self._rest.aclose()


def _refused(status: int, body: bytes, headers: Mapping[str, str]) -> ProviderError:
    if status == _NO_JSON:
        text = "searxng does not answer in JSON; add json to search.formats in its settings.yml"
        return ProviderRejected(PROVIDER, text)
    return answered(PROVIDER, status, body, headers)
