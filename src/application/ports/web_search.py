"""Pages of the web, found by what they are about."""

from typing import Protocol

from msgspec import Struct

from domain.turn.metering import Usage

MOST_PAGES = 20


class FoundPage(Struct, frozen=True):
    """One page, as whoever found it describes it."""

    url: str
    title: str
    snippet: str = ""
    published: str | None = None
    """A day or moment (ISO), where it is known."""


class Findings(Struct, frozen=True):
    """What a search came to, and what it took."""

    pages: tuple[FoundPage, ...]
    """The best first."""
    summary: str | None = None
    """In the searcher's own words, where it has any."""
    usage: Usage | None = None
    cost_usd: float | None = 0.0
    """None: nobody knows."""


class WebSearch(Protocol):
    """Somebody who searches the web. Pages found are not fetched, nor checked."""

    async def find(self, query: str, count: int) -> Findings:
        """Return at most `count` pages. Cancelling closes the connection.

        Raises:
            NotConfigured: a key or an address is missing.
            ProviderError: it could not be asked, or did not answer well.
        """
        ...
