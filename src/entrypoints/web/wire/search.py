"""What a search found → the answer."""

from msgspec import Struct

from application.files.links import FileLinks
from application.history.search_messages import FoundConversation, Match, SearchPage
from application.history.shown import Shown
from domain.fulltext.snippets import SnippetPart
from entrypoints.web.wire.cursors import cursor_at
from entrypoints.web.wire.history import SessionObject, moment, session_object


class MatchObject(Struct, frozen=True, kw_only=True):
    """A message that was found."""

    message_id: int
    sender: str
    created_at: str
    snippet: tuple[SnippetPart, ...]
    """The part of the text that shows why, in pieces; those with `hit` are to be marked. Plain
    text: a client escapes it like any other."""


class SearchResult(Struct, frozen=True, kw_only=True):
    """A conversation with messages that were found."""

    session: SessionObject
    message_ids: tuple[int, ...]
    """All messages found in it, the best first."""
    matches: tuple[MatchObject, ...]
    """The best three of them."""


class SearchData(Struct, frozen=True, kw_only=True):
    """A page of what was found; `count` is how many are here."""

    results: tuple[SearchResult, ...]
    count: int
    next_cursor: str | None
    """What to ask the next page with; null on the last one."""


def search_data(page: SearchPage, links: FileLinks) -> SearchData:
    """Return the answer of a search."""
    results = tuple(_result(one, links) for one in page.found)
    return SearchData(results=results, count=len(results), next_cursor=cursor_at(page.next))


def _result(found: FoundConversation, links: FileLinks) -> SearchResult:
    return SearchResult(
        session=session_object(Shown(found.conversation), links),
        message_ids=found.messages,
        matches=tuple(map(_match, found.matches)),
    )


def _match(match: Match) -> MatchObject:
    return MatchObject(
        message_id=match.message.message_id,
        sender=match.message.sender,
        created_at=moment(match.message.created_at),
        snippet=match.snippet,
    )
