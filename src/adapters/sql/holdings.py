"""All that is stored of an account, row by row."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, RowMapping, Select, and_, bindparam, func, or_, select

from adapters.sql.archived_rows import (
    archived_conversation,
    archived_message,
    archived_prompt,
    archived_usage,
)
from adapters.sql.dialect import exact
from adapters.sql.tables.chat import messages, prompts, sessions, usage
from adapters.sql.transaction import Transaction
from application.ports.holdings import Holdings
from domain.ids import ConversationId, MessageId, PromptId, UserId
from domain.transfer.records import (
    ArchivedConversation,
    ArchivedMessage,
    ArchivedPrompt,
    ArchivedUsage,
)
from domain.transfer.tally import Tally

_PAGE_CHARS = 2 * 1024 * 1024
"""More than this is read at once only where one message alone has more."""

_OWNER: BindParameter[int] = bindparam("owner")
_TALLY = select(
    *(
        select(func.count()).where(table.c.customer_id == _OWNER).scalar_subquery().label(name)
        for name, table in (("prompts", prompts), ("usage", usage), ("conversations", sessions))
    ),
    # Messages of others in a conversation taken over belong to no export.
    select(func.count())
    .select_from(messages.join(sessions, messages.c.session_id == sessions.c.session_id))
    .where(messages.c.customer_id == _OWNER, sessions.c.customer_id == _OWNER)
    .scalar_subquery()
    .label("messages"),
)
_PROMPTS = (
    select(prompts)
    .where(prompts.c.customer_id == _OWNER, prompts.c.prompt_id > bindparam("after"))
    .order_by(prompts.c.prompt_id)
    .limit(bindparam("most"))
)


def _by_id(table: Any, column: Any) -> Select[*tuple[Any, ...]]:
    # In an adopted database the column's collation may fold the case of letters.
    return (
        select(table)
        .where(table.c.customer_id == _OWNER, exact(column) > bindparam("after"))
        .order_by(exact(column))
        .limit(bindparam("most"))
    )


_USAGE = _by_id(usage, usage.c.turn_id)
_CONVERSATIONS = _by_id(sessions, sessions.c.session_id)

_IN_CONVERSATION = and_(
    messages.c.customer_id == _OWNER, messages.c.session_id == bindparam("session")
)
_ORDER = (messages.c.created_at, messages.c.message_id)
_LARGE = (
    messages.c.message,
    messages.c.ai_reasoning,
    messages.c.chart_data,
    messages.c.api_text_gen_settings,
    messages.c.claude_code_data,
)
_SIZES = (
    select(
        messages.c.message_id,
        sum(
            (func.coalesce(func.length(column), 0) for column in _LARGE[1:]),
            start=func.coalesce(func.length(_LARGE[0]), 0),
        ).label("chars"),
    )
    .where(_IN_CONVERSATION)
    .order_by(*_ORDER)
    .limit(bindparam("most"))
)
_SIZES_AFTER = _SIZES.where(
    or_(
        messages.c.created_at > bindparam("moment", type_=messages.c.created_at.type),
        and_(
            messages.c.created_at == bindparam("moment", type_=messages.c.created_at.type),
            messages.c.message_id > bindparam("last"),
        ),
    )
)
_MESSAGES = (
    select(messages)
    .where(_IN_CONVERSATION, messages.c.message_id.in_(bindparam("ids", expanding=True)))
    .order_by(*_ORDER)
)


class SqlHoldings(Holdings):
    """Read inside a unit of work, a page at a time. The owner is part of every query."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def tally(self, user: UserId) -> Tally:
        """Return how many there are of each kind."""
        row = await self._transaction.first("count holdings", _TALLY, {"owner": user})
        return Tally() if row is None else Tally(**row)

    async def prompts(
        self, user: UserId, after: PromptId, limit: int
    ) -> list[tuple[PromptId, ArchivedPrompt]]:
        """Return saved prompts by ascending id."""
        page = {"owner": user, "after": after, "most": limit}
        rows = await self._transaction.all("read prompts", _PROMPTS, page)
        return [(PromptId(row["prompt_id"]), archived_prompt(row)) for row in rows]

    async def usage(self, user: UserId, after: str, limit: int) -> list[ArchivedUsage]:
        """Return what turns used by ascending id of the turn."""
        page = {"owner": user, "after": after, "most": limit}
        rows = await self._transaction.all("read usage", _USAGE, page)
        return [archived_usage(row) for row in rows]

    async def conversations(
        self, user: UserId, after: str, limit: int
    ) -> list[ArchivedConversation]:
        """Return conversations by ascending id."""
        page = {"owner": user, "after": after, "most": limit}
        rows = await self._transaction.all("read conversations", _CONVERSATIONS, page)
        return [archived_conversation(row) for row in rows]

    async def messages(
        self,
        user: UserId,
        conversation: ConversationId,
        after: tuple[datetime, MessageId] | None,
        limit: int,
    ) -> list[ArchivedMessage]:
        """Return messages in order of writing, with ids for numbers."""
        this: dict[str, Any] = {"owner": user, "session": conversation}
        page = {**this, "most": limit}
        query = _SIZES
        if after is not None:
            query = _SIZES_AFTER
            page["moment"], page["last"] = after
        sizes = await self._transaction.all("read messages", query, page)
        if not sizes:
            return []
        rows = await self._transaction.all(
            "read messages", _MESSAGES, {**this, "ids": _that_fit(sizes)}
        )
        return [archived_message(row) for row in rows]


def _that_fit(sizes: Iterable[RowMapping]) -> list[int]:
    """Return the first ids, as many as may be in memory together, and one at least."""
    found: list[int] = []
    room = _PAGE_CHARS
    for row in sizes:
        room -= row["chars"]
        if found and room < 0:
            break
        found.append(row["message_id"])
    return found
