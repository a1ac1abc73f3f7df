"""What is said to the table of messages."""

from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    FromClause,
    Integer,
    bindparam,
    case,
    delete,
    func,
    insert,
    literal_column,
    select,
    true,
    update,
)

from adapters.sql.prepared import Prepared
from adapters.sql.tables.chat import messages, sessions
from domain.conversation.conversation import AnswerState

_SHOWN = messages.c.replaced.is_(False)
_OF_SESSION = messages.c.session_id == bindparam("session")
_OF_OWNER = messages.c.customer_id == bindparam("owner")
_WRITTEN = [column for column in messages.c if column.name != "message_id"]
_PLACE = func.coalesce(messages.c.version_of, messages.c.message_id)

END = select(
    select(func.max(messages.c.created_at)).where(_OF_SESSION).scalar_subquery().label("moment"),
    select(messages.c.message_id)
    .where(_OF_SESSION, _SHOWN)
    .order_by(messages.c.created_at.desc(), messages.c.message_id.desc())
    .limit(1)
    .scalar_subquery()
    .label("last"),
).where(sessions.c.session_id == bindparam("session"), sessions.c.customer_id == bindparam("owner"))

MESSAGE = select(messages).where(messages.c.message_id == bindparam("message"), _OF_OWNER)
MESSAGES_SHOWN = (
    select(messages.c.message_id)
    .where(_OF_SESSION, _OF_OWNER, _SHOWN)
    .order_by(messages.c.created_at, messages.c.message_id)
)
PLACES = select(_PLACE.label("place")).where(
    _OF_SESSION, _OF_OWNER, messages.c.message_id.in_(bindparam("ids", expanding=True))
)
REMOVE_PLACES = delete(messages).where(
    _OF_SESSION, _OF_OWNER, _PLACE.in_(bindparam("places", expanding=True))
)
REMOVE_ALL = delete(messages).where(_OF_SESSION)
"""The conversation's row says whose it is; it must be held."""


def _insert_beside(source: FromClause, *conditions: Any) -> Prepared:
    """Return the insert of a message that finds something to belong to, or writes nothing."""
    values = (bindparam(column.name, type_=column.type) for column in _WRITTEN)
    # The shared lock (SQLite needs none) waits for whoever is removing that something.
    rows = select(*values).select_from(source).where(*conditions).with_for_update(read=True)
    return Prepared(insert(messages).from_select(_WRITTEN, rows))


_parent = messages.alias("parent")
# Out of the conversation's own row: without one of this owner, nothing is written.
INSERT_FIRST = _insert_beside(
    sessions,
    sessions.c.session_id == bindparam("session_id"),
    sessions.c.customer_id == bindparam("customer_id"),
)
# Out of the message before: an answer to a question that was deleted meanwhile is not written.
_FOLLOWED = (
    _parent.c.message_id == bindparam("parent_id"),
    _parent.c.session_id == bindparam("session_id"),
    _parent.c.customer_id == bindparam("customer_id"),
)
INSERT_NEXT = _insert_beside(_parent, *_FOLLOWED)
INSERT_ANSWER = _insert_beside(_parent, *_FOLLOWED, _parent.c.turn_id == bindparam("asked_by"))


def _literal(state: AnswerState) -> ColumnElement[str]:
    return literal_column(f"'{state.value}'")


_kept = messages.alias("kept")
_COPY: dict[str, Any] = {
    **dict(_kept.c.items()),
    "parent_id": func.coalesce(bindparam("after", type_=Integer), _kept.c.parent_id),
    "version_of": func.coalesce(_kept.c.version_of, _kept.c.message_id),
    "replaced": true(),
    # Literals: prepared statements have no parameters of their own.
    "state": case(
        (_kept.c.state == _literal(AnswerState.RUNNING), _literal(AnswerState.INTERRUPTED)),
        else_=_kept.c.state,
    ),
}
KEEP_VERSION = Prepared(
    insert(messages).from_select(
        _WRITTEN,
        select(*(_COPY[column.name] for column in _WRITTEN)).where(
            _kept.c.message_id == bindparam("message"),
            _kept.c.session_id == bindparam("session"),
            _kept.c.customer_id == bindparam("owner"),
        ),
    )
)

# Parameters of an update must not have the names of columns.
_THIS_SESSION = (
    messages.c.session_id == bindparam("this_session"),
    messages.c.customer_id == bindparam("this_owner"),
)
_THIS_MESSAGE = (messages.c.message_id == bindparam("this_message"), *_THIS_SESSION)
SET_PARENT = update(messages).where(*_THIS_MESSAGE).values(parent_id=bindparam("new_parent"))
SET_REPLACED = (
    update(messages)
    .where(messages.c.message_id.in_(bindparam("ids", expanding=True)), *_THIS_SESSION)
    .values(replaced=bindparam("new_replaced"))
)
MESSAGE_EXISTS = select(messages.c.message_id).where(*_THIS_MESSAGE)


@lru_cache
def change_message(columns: tuple[str, ...], *, by_turn: bool) -> Prepared:
    """Return the statement that sets these columns; every running turn needs the same one."""
    new: dict[str, BindParameter[Any]] = {name: bindparam(f"new_{name}") for name in columns}
    change = update(messages).where(*_THIS_MESSAGE).values(new)
    if by_turn:
        change = change.where(messages.c.turn_id == bindparam("this_turn"))
    return Prepared(change)
