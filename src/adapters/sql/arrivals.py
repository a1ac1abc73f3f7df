"""Rows of an account that come out of an archive."""

from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Column, bindparam, func, select

from adapters.sql.archived_rows import conversation_row_of, message_row_of, usage_row_of
from adapters.sql.dialect import exact
from adapters.sql.message_statements import INSERT_FIRST
from adapters.sql.prepared import row_into
from adapters.sql.rows import storable
from adapters.sql.tables.chat import messages, prompts, sessions, usage, users
from adapters.sql.transaction import Transaction
from adapters.sql.words import SqlWords
from application.ports.arrivals import Arrivals
from domain.errors import AccountNotFound, AlreadyExists, ConversationNotFound
from domain.ids import ConversationId, MessageId, UserId
from domain.transfer.ids import other_id
from domain.transfer.records import (
    ArchivedConversation,
    ArchivedMessage,
    ArchivedPrompt,
    ArchivedUsage,
)

_OWNER: BindParameter[int] = bindparam("owner")
_HOLD = select(users.c.customer_id).where(users.c.customer_id == _OWNER).with_for_update()
_PROMPTS_LIKE = select(func.count().label("found")).where(
    prompts.c.customer_id == _OWNER,
    prompts.c.title == exact(bindparam("title")),
    prompts.c.prompt == exact(bindparam("text")),
)
_USAGE_OWNERS = select(usage.c.turn_id.label("id"), usage.c.customer_id).where(
    usage.c.turn_id.in_(bindparam("ids", expanding=True))
)
_ADD_USAGE = row_into(usage, *usage.c.keys())
_SESSION_OWNERS = select(sessions.c.session_id.label("id"), sessions.c.customer_id).where(
    sessions.c.session_id.in_(bindparam("ids", expanding=True))
)
_ADD_SESSION = row_into(sessions, *sessions.c.keys())
_HOLD_SESSION = (
    select(sessions.c.session_id)
    .where(sessions.c.session_id == bindparam("session"), sessions.c.customer_id == _OWNER)
    .with_for_update()
)


_ATTEMPTS = 3
"""To find an id that nobody has: ours or the other one is taken by somebody in between."""


def _moment(name: str, like: Column[Any]) -> Any:
    return bindparam(name, type_=like.type)


_WRITTEN = (
    select(messages.c.created_at, messages.c.message_id)
    .where(
        messages.c.session_id == bindparam("session"),
        messages.c.customer_id == _OWNER,
        messages.c.created_at >= _moment("start", messages.c.created_at),
        messages.c.created_at <= _moment("until", messages.c.created_at),
    )
    .order_by(messages.c.created_at, messages.c.message_id)
)


class SqlArrivals(Arrivals):
    """Written inside a unit of work. The owner is part of every query."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._words = SqlWords(transaction)

    async def hold(self, user: UserId) -> None:
        """Keep others from writing prompts and usage of this user."""
        await self._transaction.queue_to_write()
        if await self._transaction.first("hold", _HOLD, {"owner": user}) is None:
            raise AccountNotFound(user)

    async def prompts_like(self, user: UserId, prompt: ArchivedPrompt) -> int:
        """Return how many of the user's prompts say the same, letter by letter."""
        same = {"owner": user, "title": storable(prompt.title), "text": storable(prompt.text)}
        row = await self._transaction.first("find prompts", _PROMPTS_LIKE, same)
        return 0 if row is None else int(row["found"])

    async def add_usage(self, user: UserId, usage: ArchivedUsage) -> bool:
        """Store what a turn used, unless it is there already."""
        await self._transaction.queue_to_write()
        ids = (usage.turn, other_id(user, usage.turn))
        rows = await self._transaction.all("find usage", _USAGE_OWNERS, {"ids": ids})
        owners = {row["id"]: row["customer_id"] for row in rows}
        if user in owners.values():
            return False
        row = usage_row_of(user, usage, _free(ids, owners))
        await self._transaction.gather(_ADD_USAGE, row, owner=user)
        return True

    async def place(
        self, user: UserId, conversation: ArchivedConversation
    ) -> tuple[ConversationId, bool]:
        """Return the user's conversation of this id, made out of the record if there is none."""
        await self._transaction.queue_to_write()
        ids = (conversation.id, other_id(user, conversation.id))
        for attempt in range(1, _ATTEMPTS + 1):
            rows = await self._transaction.all("find conversation", _SESSION_OWNERS, {"ids": ids})
            owners = {row["id"]: row["customer_id"] for row in rows}
            for known in ids:
                if owners.get(known) == user:
                    return ConversationId(known), False
            named = ConversationId(_free(ids, owners))
            try:
                await self._add(user, conversation, named)
            except AlreadyExists:
                # Somebody else made it between the two statements.
                if attempt == _ATTEMPTS:
                    raise
            else:
                return named, True
        raise AssertionError("the last attempt returns or raises")

    async def _add(
        self, user: UserId, conversation: ArchivedConversation, named: ConversationId
    ) -> None:
        row = conversation_row_of(user, conversation, named)
        await self._transaction.run("add conversation", _ADD_SESSION, row, owner=user)

    async def written(
        self, user: UserId, conversation: ConversationId, start: datetime, end: datetime
    ) -> list[tuple[datetime, MessageId]]:
        """Return what was written from `start` to `end`, while nobody else writes there."""
        await self._transaction.queue_to_write()
        this = {"owner": user, "session": conversation}
        if await self._transaction.first("hold", _HOLD_SESSION, this) is None:
            raise ConversationNotFound(conversation)
        rows = await self._transaction.all(
            "find messages", _WRITTEN, {**this, "start": start, "until": end}
        )
        return [(row["created_at"], MessageId(row["message_id"])) for row in rows]

    async def add_message(
        self, user: UserId, conversation: ConversationId, message: ArchivedMessage
    ) -> MessageId:
        """Store a message and return its id."""
        row = message_row_of(user, conversation, message)
        added = await self._transaction.run("add message", INSERT_FIRST, row, owner=user)
        if not added.rowcount or added.lastrowid is None:
            raise ConversationNotFound(conversation)
        stored = MessageId(added.lastrowid)
        await self._words.add(user, stored, row)
        return stored


def _free(ids: tuple[str, str], owners: dict[str, int]) -> str:
    """Return the id to use: the record's own, unless somebody has it."""
    return ids[1] if ids[0] in owners else ids[0]
