"""Conversations and messages in the tables the contract names."""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import BindParameter, bindparam, func, insert, select, update

from adapters.sql.listing import MESSAGES_OF, page_of, tagged
from adapters.sql.prepared import Prepared, row_into
from adapters.sql.rows import (
    CHANGEABLE,
    conversation_of,
    conversation_row,
    message_of,
    message_row,
    storable,
)
from adapters.sql.tables.chat import messages, sessions
from adapters.sql.transaction import Transaction
from application.ports.clock import Clock
from application.ports.conversations import Conversations
from domain.conversation.conversation import (
    AnswerState,
    Conversation,
    ConversationDraft,
    ConversationFilter,
    MessageDraft,
    Sender,
    StoredMessage,
)
from domain.conversation.writing import (
    NAME_CHARS,
    continued,
    fitted,
    is_chosen_id,
    moment_after,
    opened,
    written,
)
from domain.errors import AlreadyExists, ConversationNotFound
from domain.ids import ConversationId, MessageId, TurnId, UserId

_INSERT_SESSION = row_into(sessions, *sessions.c.keys())
# Locked while the transaction lasts, so that the messages of two turns in one conversation are
# written one turn after the other. SQLite queues all writers and needs no lock.
_LOCK_SESSION = (
    select(sessions).where(sessions.c.session_id == bindparam("session")).with_for_update()
)
_GET_SESSION = select(sessions).where(
    sessions.c.session_id == bindparam("session"), sessions.c.customer_id == bindparam("owner")
)
_DRAFTED = (
    "session_name",
    "ai_character_name",
    "ai_text_gen_model",
    "auto_trigger_tts",
    "claude_session_id",
    "tags",
    "last_update",
)
"""What a draft may change; always all of it, so that one statement is compiled once."""
_CHANGE_SESSION = Prepared(
    update(sessions)
    .where(
        sessions.c.session_id == bindparam("session"), sessions.c.customer_id == bindparam("owner")
    )
    .values({name: bindparam(f"new_{name}") for name in _DRAFTED})
)
_RENAME_SESSION = (
    update(sessions)
    .where(
        sessions.c.session_id == bindparam("session"), sessions.c.customer_id == bindparam("owner")
    )
    .values(session_name=bindparam("new_name"))
)
_LAST_MOMENT = select(
    select(func.max(messages.c.created_at))
    .where(messages.c.session_id == bindparam("session"))
    .scalar_subquery()
    .label("moment")
).where(sessions.c.session_id == bindparam("session"), sessions.c.customer_id == bindparam("owner"))
_WRITTEN = [column for column in messages.c if column.name != "message_id"]
# Out of the conversation's own row: without one of this owner, nothing is written.
_INSERT_MESSAGE = Prepared(
    insert(messages).from_select(
        _WRITTEN,
        select(*(bindparam(column.name, type_=column.type) for column in _WRITTEN)).where(
            sessions.c.session_id == bindparam("session_id"),
            sessions.c.customer_id == bindparam("customer_id"),
        ),
    )
)
# Parameters of an update must not have the names of columns.
_THIS_MESSAGE = (
    messages.c.message_id == bindparam("this_message"),
    messages.c.session_id == bindparam("this_session"),
    messages.c.customer_id == bindparam("this_owner"),
)
_MESSAGE_EXISTS = select(messages.c.message_id).where(*_THIS_MESSAGE)
_IDS_A_QUERY = 500
"""Both engines limit how long a list of parameters may be."""


@lru_cache
def _change_message(columns: tuple[str, ...]) -> Prepared:
    """Return the statement that sets these columns; every running turn needs the same one."""
    new: dict[str, BindParameter[Any]] = {name: bindparam(f"new_{name}") for name in columns}
    return Prepared(update(messages).where(*_THIS_MESSAGE).values(new))


class SqlConversations(Conversations):
    """Read and written inside a unit of work. The owner is part of every query."""

    def __init__(self, transaction: Transaction, clock: Clock) -> None:
        self._transaction = transaction
        self._clock = clock
        self._last_moments: dict[tuple[UserId, ConversationId], datetime | None] = {}

    async def open(self, user: UserId, draft: ConversationDraft) -> Conversation:
        """Return the conversation the draft names with the draft applied, or a new one."""
        if not draft.id:
            return await self._create(user, ConversationId(self._clock.new_id()), draft)
        await self._transaction.queue_to_write()
        row = await self._transaction.first("open", _LOCK_SESSION, {"session": draft.id})
        if row is None and is_chosen_id(draft.id):
            try:
                return await self._create(user, draft.id, draft)
            except AlreadyExists:
                # Somebody else made it between the two statements. A refused statement undoes
                # itself alone on both engines: the transaction goes on.
                row = await self._transaction.first("open", _LOCK_SESSION, {"session": draft.id})
        if row is None or row["customer_id"] != user:
            return await self._create(user, ConversationId(self._clock.new_id()), draft)
        return await self._continue(conversation_of(row), draft)

    async def get(self, user: UserId, conversation: ConversationId) -> Conversation:
        """Return one conversation."""
        row = await self._transaction.first(
            "get conversation", _GET_SESSION, {"session": conversation, "owner": user}
        )
        if row is None:
            raise ConversationNotFound(conversation)
        return conversation_of(row)

    async def newest_of(self, user: UserId, character: str) -> Conversation | None:
        """Return the most recently updated conversation with a character."""
        wanted = ConversationFilter(character=character, limit=1)
        rows = await self._transaction.all(
            "newest conversation", page_of(user, wanted, with_empty=True)
        )
        return conversation_of(rows[0]) if rows else None

    async def rename(self, user: UserId, conversation: ConversationId, name: str) -> None:
        """Set the name without moving the conversation in the list."""
        result = await self._transaction.write(
            "rename",
            _RENAME_SESSION,
            {"session": conversation, "owner": user, "new_name": storable(name[:NAME_CHARS])},
        )
        if result.rowcount == 0:
            raise ConversationNotFound(conversation)

    async def page(self, user: UserId, wanted: ConversationFilter) -> list[Conversation]:
        """Return conversations, newest `last_update` first, then newest `created_at`."""
        rows = await self._transaction.all("list conversations", page_of(user, wanted))
        found = [conversation_of(row) for row in rows]
        return tagged(found, wanted) if wanted.tags else found

    async def messages(
        self, user: UserId, conversations: tuple[ConversationId, ...]
    ) -> dict[ConversationId, list[StoredMessage]]:
        """Return the messages of the user's conversations, each in order of writing.

        Every conversation asked for is in the answer; one that is missing or foreign is empty.
        """
        found: dict[ConversationId, list[StoredMessage]] = {name: [] for name in conversations}
        for start in range(0, len(conversations), _IDS_A_QUERY):
            ids = conversations[start : start + _IDS_A_QUERY]
            rows = await self._transaction.all(
                "read messages", MESSAGES_OF, {"owner": user, "sessions": ids}
            )
            for message in map(message_of, rows):
                found.setdefault(message.session_id, []).append(message)
        return found

    async def add_message(
        self,
        user: UserId,
        conversation: ConversationId,
        sender: Sender,
        draft: MessageDraft,
        *,
        turn: TurnId | None = None,
        state: AnswerState | None = None,
        at: datetime | None = None,
        usage: Mapping[str, Any] | None = None,
    ) -> MessageId:
        """Store a message, by default at the end of the conversation, and return its id.

        Raises:
            ConversationNotFound: there is none, or it is somebody else's.
        """
        moment = at or await self.next_moment(user, conversation)
        row = {
            **message_row(
                {**written(sender, draft), "turn_id": turn, "state": state, "usage": usage}
            ),
            "session_id": conversation,
            "customer_id": user,
            "sender": sender.value,
            "responding_agent": None,
            "created_at": moment,
        }
        added = await self._transaction.run("add message", _INSERT_MESSAGE, row, owner=user)
        if not added.rowcount or added.lastrowid is None:
            raise ConversationNotFound(conversation)
        self._last_moments[user, conversation] = moment
        return MessageId(added.lastrowid)

    async def change_message(
        self,
        user: UserId,
        conversation: ConversationId,
        message: MessageId,
        changes: dict[str, Any],
    ) -> bool:
        """Set the given columns (names of `StoredMessage`) and nothing else.

        Raises:
            ValueError: a name is not that of a column which may change.
        """
        if not changes.keys() <= CHANGEABLE:
            raise ValueError(f"not changeable: {sorted(changes.keys() - CHANGEABLE)}")
        this = {"this_message": message, "this_session": conversation, "this_owner": user}
        if not changes:
            return await self._transaction.first("find", _MESSAGE_EXISTS, this) is not None
        columns = {name: storable(value) for name, value in fitted(changes).items()}
        new = {f"new_{name}": value for name, value in columns.items()}
        result = await self._transaction.run(
            "change message", _change_message(tuple(columns)), this | new
        )
        return result.rowcount > 0

    async def _create(
        self, user: UserId, conversation: ConversationId, draft: ConversationDraft
    ) -> Conversation:
        fresh = opened(conversation, user, draft, self._clock.now())
        row = conversation_row(fresh)
        if conversation == draft.id:  # The only case in which the id may be taken.
            await self._transaction.run("open", _INSERT_SESSION, row, owner=user)
        else:
            await self._transaction.gather(_INSERT_SESSION, row, owner=user)
        self._last_moments[user, conversation] = None
        return fresh

    async def _continue(self, stored: Conversation, draft: ConversationDraft) -> Conversation:
        changed = continued(stored, draft, self._clock.now())
        if changed == stored:
            return stored
        row = conversation_row(changed)
        new = {f"new_{name}": row[name] for name in _DRAFTED}
        await self._transaction.gather(
            _CHANGE_SESSION, {"session": stored.id, "owner": stored.owner, **new}
        )
        return changed

    async def next_moment(self, user: UserId, conversation: ConversationId) -> datetime:
        """Return when a message would be written now; of a new conversation without asking."""
        known = self._last_moments
        if (user, conversation) not in known:
            await self._transaction.queue_to_write()
            row = await self._transaction.first(
                "add message", _LAST_MOMENT, {"session": conversation, "owner": user}
            )
            if row is None:
                raise ConversationNotFound(conversation)
            known[user, conversation] = row["moment"]
        return moment_after(known[user, conversation], self._clock.now())
