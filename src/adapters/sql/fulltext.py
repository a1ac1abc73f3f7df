"""Messages found by their words, with the engine's own index."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Select, bindparam, select

from adapters.sql.matching import FOUND_COLUMNS, expression, found
from adapters.sql.rows import conversation_of, message_of
from adapters.sql.tables.chat import messages, sessions
from adapters.sql.transaction import Transaction
from adapters.sql.words import FOUND
from application.ports.fulltext import FullText
from domain.conversation.conversation import Conversation, StoredMessage
from domain.fulltext.found import Hit
from domain.fulltext.query import Term
from domain.ids import ConversationId, MessageId, UserId

_NEWEST = MessageId(2**31 - 1)
_SESSIONS = select(sessions).where(
    sessions.c.customer_id == bindparam("owner"),
    sessions.c.session_id.in_(bindparam("ids", expanding=True)),
)
_MESSAGES = select(messages).where(
    messages.c.customer_id == bindparam("owner"),
    messages.c.message_id.in_(bindparam("ids", expanding=True)),
    *FOUND,
)


class SqlFullText(FullText):
    """Read inside a unit of work. The owner is part of every query."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def hits(
        self, user: UserId, terms: Sequence[Term], limit: int, up_to: MessageId | None = None
    ) -> list[Hit]:
        """Return the messages in which all terms occur, best first, then newest first."""
        engine = self._transaction.engine
        rows = await self._transaction.all(
            "search words",
            _hits(engine),
            {
                "owner": user,
                "wanted": expression(engine, user, terms),
                "up_to": _NEWEST if up_to is None else up_to,
                "most": limit,
            },
        )
        return [Hit(MessageId(row["message_id"]), row["session_id"]) for row in rows]

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


@lru_cache
def _hits(engine: str) -> Select[*tuple[Any, ...]]:
    """Return the query: the index finds, the messages themselves say whether they are shown."""
    matching = found(engine).columns(**FOUND_COLUMNS).subquery("found")
    return (
        select(messages.c.message_id, messages.c.session_id)
        .join(matching, matching.c.message_id == messages.c.message_id)
        .where(messages.c.customer_id == bindparam("owner"), *FOUND)
        .order_by(matching.c.score.desc(), messages.c.message_id.desc())
    )
