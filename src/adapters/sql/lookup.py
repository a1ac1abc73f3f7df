"""What is looked for across conversations."""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    bindparam,
    case,
    exists,
    func,
    or_,
    select,
)

from adapters.sql.dialect import exact, in_small_letters, list_length
from adapters.sql.listing import NEWEST_FIRST, SEEN
from adapters.sql.rows import conversation_of, message_of, storable
from adapters.sql.tables.chat import messages, sessions
from adapters.sql.transaction import Transaction
from application.ports.lookup import Lookup
from domain.conversation.activity import OPEN_TASKS, CharacterActivity
from domain.conversation.conversation import DEFAULT_CHARACTER, Conversation, Sender, StoredMessage
from domain.conversation.files import FileQuery, carries
from domain.ids import UserId

_BATCH = 200
"""Rows of candidates read at once, from the second statement on."""

_SHOWN = and_(messages.c.customer_id == bindparam("owner"), messages.c.replaced.is_(False))
_FAVOURITES = (
    select(messages)
    .where(_SHOWN, messages.c.favorite.is_(True))
    .order_by(messages.c.created_at, messages.c.message_id)
)
_CHARACTER = func.coalesce(func.nullif(sessions.c.ai_character_name, ""), DEFAULT_CHARACTER)
_ACTIVITY = (
    select(
        func.min(_CHARACTER).label("character_name"),
        func.count().label("conversations"),
        func.sum(case((sessions.c.task_status.in_(OPEN_TASKS), 1), else_=0)).label("open_tasks"),
        func.max(sessions.c.last_update).label("last_update"),
    )
    .where(sessions.c.customer_id == bindparam("owner"))
    # By the letters themselves, as conversations are found: MySQL's collations fold their case.
    .group_by(func.hex(_CHARACTER))
    .order_by(func.hex(_CHARACTER))
)


class SqlLookup(Lookup):
    """Read inside a unit of work. The owner is part of every query."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def search(self, user: UserId, text: str, limit: int) -> list[Conversation]:
        """Return conversations in which the text occurs, newest `last_update` first."""
        rows = await self._transaction.all(
            "search",
            _search(with_text=bool(text)).limit(limit),
            {"owner": user, **({"wanted": storable(text)} if text else {})},
        )
        return [conversation_of(row) for row in rows]

    async def favourites(self, user: UserId) -> list[StoredMessage]:
        """Return the user's favourite messages, in order of writing."""
        rows = await self._transaction.all("favourites", _FAVOURITES, {"owner": user})
        return [message_of(row) for row in rows]

    async def with_files(self, user: UserId, wanted: FileQuery) -> list[StoredMessage]:
        """Return a page of the messages that carry what is looked for, newest first."""
        found: list[StoredMessage] = []
        end = wanted.offset + wanted.limit if wanted.limit else None
        last: StoredMessage | None = None
        # At first no more than is wanted: nearly all that may fit does.
        size = min(_BATCH, end or _BATCH)
        while end is None or len(found) < end:
            query = _candidates(wanted, last).limit(size)
            rows = await self._transaction.all("files", query, {"owner": user})
            batch = [message_of(row) for row in rows]
            found += [message for message in batch if carries(message, wanted)]
            if len(batch) < size:
                break
            last, size = batch[-1], _BATCH
        return found[wanted.offset : end]

    async def activity(self, user: UserId) -> list[CharacterActivity]:
        """Return what goes on with each character, in order of their names."""
        rows = await self._transaction.all("activity", _ACTIVITY, {"owner": user})
        return [
            CharacterActivity(
                character=row["character_name"],
                conversations=row["conversations"],
                open_tasks=int(row["open_tasks"]),
                last_update=row["last_update"],
            )
            for row in rows
        ]


def _occurs(column: ColumnElement[str], wanted: ColumnElement[str]) -> ColumnElement[bool]:
    """Return whether a text occurs in a column; unlike LIKE, this knows no wildcards."""
    return func.instr(in_small_letters(column), exact(in_small_letters(wanted))) > 0


def _search(*, with_text: bool) -> Select[*tuple[Any, ...]]:
    query = select(sessions).where(sessions.c.customer_id == bindparam("owner"), SEEN)
    if with_text:
        wanted: ColumnElement[str] = bindparam("wanted")
        said = exists().where(
            messages.c.session_id == sessions.c.session_id,
            _SHOWN,
            _occurs(messages.c.message, wanted),
        )
        query = query.where(
            or_(
                _occurs(sessions.c.session_name, wanted),
                _occurs(sessions.c.ai_character_name, wanted),
                said,
            )
        )
    return query.order_by(*NEWEST_FIRST)


def _candidates(wanted: FileQuery, after: StoredMessage | None) -> Select[*tuple[Any, ...]]:
    """Return the query for messages that may fit, newest first, from behind one of them."""
    query = select(messages).where(_SHOWN, _may_carry(wanted))
    written = messages.c.created_at
    if wanted.until is not None:
        query = query.where(written <= wanted.until)
    if wanted.since is not None:
        query = query.where(written >= wanted.since)
    if wanted.answers_only:
        query = query.where(messages.c.sender == Sender.AI.value)
    if after is not None:
        same_moment = and_(written == after.created_at, messages.c.message_id < after.message_id)
        query = query.where(or_(written < after.created_at, same_moment))
    return query.order_by(written.desc(), messages.c.message_id.desc())


def _may_carry(wanted: FileQuery) -> ColumnElement[bool]:
    places: list[ColumnElement[bool]] = [list_length(messages.c.file_locations) > 0]
    if wanted.images_too:
        places.append(list_length(messages.c.image_locations) > 0)
        if wanted.name:
            name: ColumnElement[str] = bindparam(None, storable(wanted.name), unique=True)
            places.append(_occurs(messages.c.message, name))
    return or_(*places)
