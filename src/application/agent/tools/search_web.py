"""What there is on the web."""

from collections.abc import Mapping
from typing import Annotated, Any

from msgspec import Meta, Struct

from application.agent.tool import Tool, ToolContext
from application.ports.web_search import MOST_PAGES, FoundPage, WebSearch
from domain.tools import ToolSpec, parameters_of
from domain.turn.agent_events import SpentBeside

_MOST_CHARS = 2000
"""Of one page's description."""


class SearchWebArguments(Struct, frozen=True):
    """What to look for."""

    query: Annotated[str, Meta(pattern=r"\S", max_length=400)]
    count: Annotated[int, Meta(ge=1, le=MOST_PAGES, description="Pages.")] = 5


class SearchWeb(Tool):
    """Asks whichever search the operator has chosen."""

    spec = ToolSpec(
        "search_web",
        "Search the web. Tells addresses and descriptions of pages, the best first; fetch_page"
        " reads one of them.",
        parameters_of(SearchWebArguments),
        outside=True,
        limit_s=60,
    )
    takes = SearchWebArguments

    def __init__(self, search: WebSearch) -> None:
        self._search = search

    async def __call__(
        self, arguments: SearchWebArguments, context: ToolContext
    ) -> Mapping[str, Any]:
        """Return the pages that were found.

        Raises:
            NotConfigured, ProviderError: as the search.
        """
        found = await self._search.find(arguments.query, arguments.count)
        if found.usage is not None or found.cost_usd != 0:
            context.tell(SpentBeside(found.usage, found.cost_usd))
        pages = [_told(page) for page in found.pages]
        return {"pages": pages} | ({"summary": found.summary} if found.summary else {})


def _told(page: FoundPage) -> dict[str, Any]:
    told = {"url": page.url, "title": page.title, "snippet": page.snippet[:_MOST_CHARS]}
    return told | ({"published": page.published} if page.published else {})
