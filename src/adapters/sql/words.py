"""What is found of messages, kept in step with them in the same transaction.

Indexed are messages that are shown and complete: an answer is looked at once, when it has ended,
and not at each of the checkpoints before.
"""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import (
    ColumnElement,
    bindparam,
    delete,
    insert,
    literal_column,
    or_,
    select,
)

from adapters.sql.dialect import MYSQL
from adapters.sql.matching import PURGE_IN_SQLITE
from adapters.sql.prepared import Prepared, row_into
from adapters.sql.tables.chat import messages, words
from adapters.sql.tokens import row_of
from adapters.sql.transaction import Transaction
from domain.conversation.conversation import AnswerState
from domain.ids import ConversationId, MessageId, UserId

_RUNNING: ColumnElement[str] = literal_column(f"'{AnswerState.RUNNING.value}'")
"""Not a parameter: prepared statements have none of their own."""
FOUND = (
    messages.c.replaced.is_(False),
    or_(messages.c.state.is_(None), messages.c.state != _RUNNING),
)
"""Which messages are indexed."""

_ADD = row_into(words, "message_id", "words", "pairs")
_REMOVE = Prepared(delete(words).where(words.c.message_id == bindparam("message")))
# Only beside a message that is to be found when all else is written.
_PUT = Prepared(
    insert(words).from_select(
        ["message_id", "words", "pairs"],
        select(
            messages.c.message_id,
            bindparam("words", type_=words.c.words.type),
            bindparam("pairs", type_=words.c.pairs.type),
        ).where(messages.c.message_id == bindparam("message_id"), *FOUND),
    )
)
_FOUND_TEXTS = select(messages.c.message_id, messages.c.message).where(
    messages.c.customer_id == bindparam("owner"),
    messages.c.session_id == bindparam("session"),
    messages.c.message_id.in_(bindparam("ids", expanding=True)),
    *FOUND,
)
_REMOVE_SOME = delete(words).where(words.c.message_id.in_(bindparam("ids", expanding=True)))
IDS_A_QUERY = 500
"""Both engines limit how long a list of parameters may be."""


class SqlWords:
    """Written inside a unit of work, after the messages themselves."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add(self, user: UserId, message: MessageId, row: Mapping[str, Any]) -> None:
        """Index a message that was not there before, if it is to be found."""
        if row["replaced"] or row["state"] == AnswerState.RUNNING.value:
            return
        if found := self._row(user, message, row["message"]):
            await self._transaction.gather(_ADD, found)

    async def put(self, user: UserId, message: MessageId, said: str | None) -> None:
        """Index what a message says now, if it is to be found at all."""
        await self.drop(message)
        if found := self._row(user, message, said):
            await self._transaction.gather(_PUT, found)

    async def drop(self, message: MessageId) -> None:
        """Leave a message out."""
        await self._transaction.gather(_REMOVE, {"message": message})

    async def renew(
        self, user: UserId, conversation: ConversationId, ids: Collection[MessageId]
    ) -> None:
        """Index those of the messages that are to be found by now, and leave the others out."""
        for start in range(0, len(ids), IDS_A_QUERY):
            some = tuple(ids)[start : start + IDS_A_QUERY]
            this = {"owner": user, "session": conversation, "ids": some}
            rows = await self._transaction.all("read words", _FOUND_TEXTS, this)
            await self._transaction.write("leave words out", _REMOVE_SOME, {"ids": some})
            found = [
                each for row in rows if (each := self._row(user, row["message_id"], row["message"]))
            ]
            if found:
                await self._transaction.write("add words", insert(words), found)

    def _row(self, user: UserId, message: MessageId, said: str | None) -> dict[str, Any]:
        return row_of(self._transaction.engine, user, message, said)

    async def purge(self) -> None:
        """Overwrite what was left out, where the engine only marks it."""
        if self._transaction.engine not in MYSQL:
            await self._transaction.write("purge words", PURGE_IN_SQLITE)
