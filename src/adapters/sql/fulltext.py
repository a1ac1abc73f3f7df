"""Messages found by their words, with the engine's own index."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, TypeVar

import msgspec
from msgspec import Struct
from sqlalchemy import Executable, Select, bindparam, select

from adapters.sql.dialect import MYSQL, listed
from adapters.sql.matching import divided, expression, newest, parts, ranked, spelled
from adapters.sql.recent import (
    OLDEST_READ,
    OWNED,
    Recent,
    counted,
    described,
    read_through,
)
from adapters.sql.rows import conversation_of, message_of
from adapters.sql.tables.chat import messages, sessions
from adapters.sql.transaction import Parameters, Transaction
from adapters.sql.words import FOUND
from application.ports.fulltext import FullText
from domain.conversation.conversation import Conversation, StoredMessage
from domain.fulltext.found import Hit
from domain.fulltext.frequent import COMMON, LOOKED_AT, RECENT, Occurrences, best
from domain.fulltext.query import Term
from domain.ids import ConversationId, MessageId, UserId

_Rows = TypeVar("_Rows")

WITHIN = 12_000
"""How many of the newest messages are read before the index is asked after all."""
_NEWEST = MessageId(2**31 - 1)
_NEWEST_OF = (
    select(messages.c.message_id)
    .where(messages.c.customer_id == bindparam("owner"))
    .order_by(messages.c.message_id.desc())
    .limit(1)
)
_SESSIONS = select(sessions).where(
    # Not by the index of owners, which SQLite would read from end to end.
    sessions.c.customer_id + 0 == bindparam("owner"),
    sessions.c.session_id.in_(bindparam("ids", expanding=True)),
)
_MESSAGES = select(messages).where(
    OWNED,
    messages.c.message_id.in_(bindparam("ids", expanding=True)),
    *FOUND,
)


class SqlFullText(FullText):
    """Read inside a unit of work. The owner is part of every query."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def newest(self, user: UserId) -> MessageId | None:
        """Return the user's newest message, shown or not; None where there is none."""
        row = await self._transaction.first("newest message", _NEWEST_OF, {"owner": user})
        return None if row is None else MessageId(row["message_id"])

    async def hits(
        self, user: UserId, terms: Sequence[Term], limit: int, up_to: MessageId | None = None
    ) -> list[Hit]:
        """Return the messages in which all terms occur, best first, then newest first."""
        asked = _Question(self._transaction.engine, user, terms, up_to)
        statement = counted(len(terms), len(asked.parts.words), len(asked.parts.pairs))
        recent = Recent(await self._transaction.all("recent words", statement, asked.weighed()))
        if recent.all >= COMMON:
            return best(await self._common(asked, recent))[:limit]
        wanted, spelled_out = asked.of_index(recent)
        statement = _ranked(asked.engine, len(spelled_out))
        this = {**asked.told(spelled_out), "wanted": wanted, "most": limit}
        found = await self._listed("search words", statement, this, list[_Ranked])
        found.sort(key=lambda one: (-one.score, -one.message))
        return [Hit(one.message, one.conversation) for one in found]

    async def _common(self, asked: "_Question", recent: Recent) -> list[Occurrences]:
        """Return the newest messages, found in whichever way is quicker."""
        this = {**asked.told(asked.terms), **asked.counted(), "most": LOOKED_AT}
        if asked.slow_in_index:
            after = await self._last_unread(asked, recent)
            read = read_through(len(asked.terms), alone=recent.alone)
            this["after"] = after
            found = await self._listed("read words", read, this, list[Occurrences])
            if len(found) >= LOOKED_AT or not after or recent.number < RECENT:
                return found
        wanted, spelled_out = asked.of_index(recent)
        this |= {**asked.told(spelled_out), "wanted": wanted}
        statement = _newest(asked.engine, len(spelled_out), len(asked.terms))
        return await self._listed("search newest words", statement, this, list[Occurrences])

    async def _last_unread(self, asked: "_Question", recent: Recent) -> int:
        """Return the newest message that is not to be read; 0 where there is none."""
        if recent.number < RECENT:
            return recent.span.start - 1
        if recent.alone:
            return max(0, recent.span.stop - 1 - WITHIN)
        this = {**asked.told(()), "within": WITHIN}
        row = await self._transaction.first("oldest to read", OLDEST_READ, this)
        return 0 if row is None else row["message_id"]

    async def _listed(
        self, operation: str, statement: Executable, this: Parameters, kind: type[_Rows]
    ) -> _Rows:
        row = await self._transaction.first(operation, statement, this)
        told = None if row is None else row["listed"]
        return msgspec.json.decode(told or "[]", type=kind)

    async def conversations(
        self, user: UserId, ids: Sequence[ConversationId]
    ) -> dict[ConversationId, Conversation]:
        """Return those of the conversations that are the user's."""
        this = {"owner": user, "ids": list(ids)}
        rows = await self._transaction.all("read found conversations", _SESSIONS, this)
        return {one.id: one for one in map(conversation_of, rows)}

    async def messages(
        self, user: UserId, ids: Sequence[MessageId]
    ) -> dict[MessageId, StoredMessage]:
        """Return those of the messages that are the user's and are shown."""
        this = {"owner": user, "ids": list(ids)}
        rows = await self._transaction.all("read found messages", _MESSAGES, this)
        return {one.message_id: one for one in map(message_of, rows)}


class _Question:
    """What is looked for, in the words of an engine."""

    def __init__(
        self, engine: str, user: UserId, terms: Sequence[Term], up_to: MessageId | None
    ) -> None:
        self.engine = engine
        self.terms = terms
        self.parts = parts(engine, terms)
        self.slow_in_index = engine in MYSQL or any(term.beginning for term in terms)
        """FTS5 reads the newest of a word alone, but all of every word that begins so."""
        self._user = user
        self._up_to = _NEWEST if up_to is None else up_to

    def told(self, some: Sequence[Term]) -> dict[str, Any]:
        """Return the parameters of every query, with some of the parts spelled out."""
        spelled_out = {f"term{at}": spelled(self._user, each) for at, each in enumerate(some)}
        return {"owner": self._user, "up_to": self._up_to, **spelled_out}

    def weighed(self) -> dict[str, Any]:
        """Return the parameters of the query that weighs the parts."""
        weighed = {f"part{at}": spelled(self._user, each) for at, each in enumerate(self.parts.all)}
        return {**self.told(self.terms), **weighed}

    def counted(self) -> dict[str, Any]:
        """Return the terms as they are counted."""
        return {f"told{at}": spelled(self._user, each)[1:] for at, each in enumerate(self.terms)}

    def of_index(self, recent: Recent) -> tuple[str, Sequence[Term]]:
        """Return what to ask the index for, and what to look for in the words it finds."""
        asked, spelled_out = self.terms, ()
        if self.parts.all:
            asked, spelled_out = divided(self.terms, self.parts, recent.together)
        return expression(self.engine, self._user, asked), spelled_out


class _Ranked(Struct, frozen=True, array_like=True):
    message: MessageId
    conversation: ConversationId
    score: float


@lru_cache
def _ranked(engine: str, spelled_out: int) -> Select[*tuple[Any, ...]]:
    """Return the query: the index finds, the messages themselves say whether they are shown."""
    found = ranked(engine, spelled_out).subquery("found")
    key = messages.c.message_id
    return (
        select(listed(key, messages.c.session_id, found.c.score).label("listed"))
        .select_from(found.join(messages, key == found.c.message_id))
        .where(OWNED, *FOUND)
    )


@lru_cache
def _newest(engine: str, spelled_out: int, terms: int) -> Select[*tuple[Any, ...]]:
    return described(newest(engine, spelled_out), terms)
