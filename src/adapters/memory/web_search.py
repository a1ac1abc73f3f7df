"""A web of a few pages."""

from collections.abc import Sequence

from application.ports.web_search import Findings, FoundPage, WebSearch


class MemorySearch(WebSearch):
    """Finds the pages in which every word of the query occurs; keeps what it was asked."""

    def __init__(self, pages: Sequence[FoundPage] = ()) -> None:
        self.pages = list(pages)
        self.asked: list[str] = []

    async def find(self, query: str, count: int) -> Findings:
        self.asked.append(query)
        words = query.lower().split()
        found = [
            page
            for page in self.pages
            if all(word in f"{page.title} {page.snippet}".lower() for word in words)
        ]
        return Findings(tuple(found[:count]))
