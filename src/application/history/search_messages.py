"""Messages by their words, the best first."""

from collections.abc import Sequence

from msgspec import Struct

from application.ports.unit_of_work import Stores, UnitOfWork
from domain.conversation.conversation import Conversation, StoredMessage
from domain.errors import InvalidRequest
from domain.fulltext.found import MOST_HITS, Found, SearchPlace, grouped, page_after
from domain.fulltext.query import Term, fingerprint, terms
from domain.fulltext.snippets import SnippetPart, snippet
from domain.ids import MessageId, UserId

SNIPPETS = 3
"""Of one conversation; the ids of its other messages are told alone."""


class Match(Struct, frozen=True):
    """A message, and the part of it that shows why it was found."""

    message: StoredMessage
    snippet: tuple[SnippetPart, ...]


class FoundConversation(Struct, frozen=True):
    """A conversation with what was found in it, best first."""

    conversation: Conversation
    messages: tuple[MessageId, ...]
    matches: tuple[Match, ...]


class SearchPage(Struct, frozen=True):
    """Some of the conversations found, and where the next ones are."""

    found: tuple[FoundConversation, ...]
    next: SearchPlace | None


class SearchMessages:
    """Ranks messages by relevance, then by age, and tells them by conversation.

    Of what is common, only the newest are ranked.
    """

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    async def __call__(
        self, user: UserId, text: str, limit: int, after: SearchPlace | None = None
    ) -> SearchPage:
        """Return at most `limit` conversations; a text without words is in none.

        Raises:
            InvalidRequest: the text has too many words, or the place is one in another search.
        """
        wanted = terms(text)
        asked = fingerprint(wanted)
        if after is not None and after.asked != asked:
            raise InvalidRequest("cursor belongs to another search; leave it out", "cursor")
        if not wanted:
            return SearchPage((), None)

        async def look(db: Stores) -> SearchPage:
            up_to = MessageId(after.up_to) if after else await db.fulltext.newest(user)
            if up_to is None:
                return SearchPage((), None)
            hits = await db.fulltext.hits(user, wanted, MOST_HITS, up_to)
            left = page_after(grouped(hits), after)
            page = left[:limit]
            found = await _described(db, user, wanted, page)
            if len(left) <= len(page):
                return SearchPage(found, None)
            told = (after.told if after else 0) + len(page)
            return SearchPage(found, SearchPlace(asked, page[-1].conversation, told, up_to))

        return await self._work.run(look)


async def _described(
    db: Stores, user: UserId, wanted: Sequence[Term], page: Sequence[Found]
) -> tuple[FoundConversation, ...]:
    if not page:
        return ()
    conversations = await db.fulltext.conversations(user, [one.conversation for one in page])
    shown = [key for one in page for key in one.messages[:SNIPPETS]]
    messages = await db.fulltext.messages(user, shown)
    return tuple(
        FoundConversation(
            conversations[one.conversation],
            one.messages,
            tuple(
                Match(messages[key], snippet(messages[key].message or "", wanted))
                for key in one.messages[:SNIPPETS]
                if key in messages
            ),
        )
        for one in page
        if one.conversation in conversations
    )
