"""What a model has looked up for its answer: searches, pages read, and pages cited, each once."""

from collections.abc import Iterable, Iterator

from adapters.google.call_ids import CallIds
from adapters.google.catalog import PROVIDER
from adapters.google.wire import WireCandidate, WireGrounding, WirePage
from domain.turn.events import ModelEvent, SourceCited, ToolCalled

SEARCH = "google_search"
FETCH = "url_context"


class LookedUp:
    """Remembers what was told already: a stream repeats itself, and in more than one place."""

    def __init__(self, ids: CallIds) -> None:
        self._ids = ids
        self._told: set[tuple[str, str]] = set()

    def for_answer(self, candidate: WireCandidate) -> Iterator[ModelEvent]:
        """Yield what the metadata of an answer, or of a piece of one, add."""
        fetched = candidate.url_context_metadata
        if fetched is not None:
            yield from self.fetched(page.retrieved_url for page in fetched.url_metadata or ())
        grounding = candidate.grounding_metadata
        if grounding is not None:
            yield from self.searched(grounding.web_search_queries or ())
            yield from self._cited(_found(grounding))
        quoted = candidate.citation_metadata
        if quoted is not None:
            yield from self._cited(quoted.citation_sources or ())

    def searched(self, queries: Iterable[str]) -> Iterator[ModelEvent]:
        """Yield a call for each new query."""
        for query in self._new(SEARCH, queries):
            yield self._call(SEARCH, "query", query)

    def fetched(self, urls: Iterable[str]) -> Iterator[ModelEvent]:
        """Yield a call for each page that was not read before."""
        for url in self._new(FETCH, urls):
            yield self._call(FETCH, "url", url)

    def _cited(self, pages: Iterable[WirePage]) -> Iterator[ModelEvent]:
        titles = {page.uri: page.title or "" for page in pages if page.uri}
        for url in self._new("cited", titles):
            yield SourceCited(url, titles[url])

    def _new(self, kind: str, found: Iterable[str]) -> Iterator[str]:
        for text in found:
            if text and (kind, text) not in self._told:
                self._told.add((kind, text))
                yield text

    def _call(self, name: str, argument: str, value: str) -> ToolCalled:
        return ToolCalled(self._ids.next(), name, {argument: value}, PROVIDER, run_by_provider=True)


def _found(grounding: WireGrounding) -> Iterator[WirePage]:
    for found in grounding.grounding_chunks or ():
        yield from filter(None, (found.web, found.maps, found.retrieved_context))
