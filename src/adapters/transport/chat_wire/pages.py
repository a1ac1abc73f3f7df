"""The pages that an answer rests on, each told once."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, cast

from adapters.transport.chat_wire.chunks import Chunk, Citation
from domain.turn.events import SourceCited


class Pages:
    """Knows them as annotations, or as the lists that Perplexity repeats in every chunk.

    The numbers in the answer's text count along `citations`, so its order is kept; the titles are
    in `search_results`, which may lack a page or hold more.
    """

    def __init__(self) -> None:
        self._told: set[str] = set()
        self._citations: list[Any] = []
        self._results: list[Citation] = []

    def note(self, chunk: Chunk) -> None:
        """Take in the lists of a chunk, the last of which counts."""
        self._citations = chunk.citations or self._citations
        self._results = chunk.search_results or self._results

    def tell(self, page: Citation, numbers: Sequence[int] = ()) -> Iterator[SourceCited]:
        """Yield the page, unless it has been told before."""
        if page.url and page.url not in self._told:
            self._told.add(page.url)
            yield SourceCited(page.url, page.title or "", tuple(numbers))

    def tell_noted(self) -> Iterator[SourceCited]:
        """Yield every page of the lists that has not been told before."""
        titles = {page.url: page.title for page in self._results}
        numbers: dict[str, list[int]] = {}
        for number, url in _addresses(self._citations):
            numbers.setdefault(url, []).append(number)
        for url, own in numbers.items():
            yield from self.tell(Citation(url, titles.get(url)), own)
        for page in self._results:
            yield from self.tell(page)


def _addresses(citations: Iterable[Any]) -> Iterator[tuple[int, str]]:
    for number, citation in enumerate(citations, 1):
        if isinstance(citation, dict):
            citation = cast("dict[str, Any]", citation).get("url")  # noqa: PLW2901
        if isinstance(citation, str):
            yield number, citation
