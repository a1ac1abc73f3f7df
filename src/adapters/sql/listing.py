"""The sidebar's queries."""

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, literal, or_, select

from adapters.sql.dialect import MYSQL, exact
from adapters.sql.tables.chat import LIST_ORDER, messages, sessions
from domain.conversation.conversation import Conversation, ConversationFilter, ListPlace
from domain.ids import UserId

MESSAGES_OF = (
    select(messages)
    .where(
        messages.c.customer_id == bindparam("owner"),
        messages.c.session_id.in_(bindparam("sessions", expanding=True)),
    )
    .order_by(messages.c.created_at, messages.c.message_id)
)

# Not EXISTS, of which MariaDB makes a list of everybody's messages first.
_HAS_MESSAGES = (
    select(messages.c.message_id)
    .where(messages.c.session_id == sessions.c.session_id, messages.c.replaced.is_(False))
    .limit(1)
    .correlate(sessions)
    .scalar_subquery()
    .is_not(None)
)
SEEN = sessions.c.task_status.is_not(None) | _HAS_MESSAGES
"""Whether lists show a conversation."""
NEWEST_FIRST = (
    sessions.c.last_update.desc(),
    sessions.c.created_at.desc(),
    sessions.c.session_id.desc(),
)
"""All in one direction: MySQL then reads an index from its end instead of sorting."""


def page_of(
    user: UserId, wanted: ConversationFilter, *, with_empty: bool = False
) -> Select[*tuple[Any, ...]]:
    """Return the query for a page, newest first.

    Tags are left to `tagged`, and offset and limit with them: the engines compare JSON values in
    different ways. `with_empty` brings the conversations that lists hide.
    """
    query = select(sessions).where(sessions.c.customer_id == literal(user))
    if not with_empty:
        query = query.where(SEEN)
    if wanted.start is not None:
        query = query.where(sessions.c.last_update >= wanted.start)
    if wanted.end is not None:
        query = query.where(sessions.c.last_update < wanted.end)
    if wanted.character is not None:
        query = query.where(sessions.c.ai_character_name == exact(wanted.character))
    if wanted.after is not None:
        query = _entered(query).where(*_after(wanted.after))
    query = _with_task(query, wanted).order_by(*NEWEST_FIRST)
    if wanted.tags:
        return query
    return query.limit(wanted.limit or None).offset(wanted.offset or None)


def _entered(query: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """Have MySQL go straight to a place in the index: it would walk there from the newest on."""
    for engine in MYSQL:
        query = query.with_hint(sessions, f"FORCE INDEX ({LIST_ORDER})", engine)
    return query


def _after(place: ListPlace) -> tuple[ColumnElement[bool], ...]:
    updated, created = sessions.c.last_update, sessions.c.created_at
    return (
        # By itself, so that the index is entered at the place.
        updated <= place.last_update,
        or_(
            updated < place.last_update,
            created < place.created_at,
            and_(created == place.created_at, sessions.c.session_id < literal(place.id)),
        ),
    )


def _with_task(
    query: Select[*tuple[Any, ...]], wanted: ConversationFilter
) -> Select[*tuple[Any, ...]]:
    if wanted.task_priority is not None:
        query = query.where(sessions.c.task_priority == wanted.task_priority)
    match wanted.task_status:
        case None:
            return query
        case "any":
            return query.where(sessions.c.task_status.is_not(None))
        case "none":
            return query.where(sessions.c.task_status.is_(None))
        case status:
            return query.where(sessions.c.task_status == status)


def tagged(found: list[Conversation], wanted: ConversationFilter) -> list[Conversation]:
    """Return those with any of the wanted tags, then cut to the page."""
    tags = {tag.casefold() for tag in wanted.tags}
    matching = [one for one in found if any(tag.casefold() in tags for tag in one.tags)]
    end = wanted.offset + wanted.limit if wanted.limit else None
    return matching[wanted.offset : end]
