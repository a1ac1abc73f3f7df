"""Conversations and messages in the tables the contract names."""

from sqlalchemy import bindparam, delete, select, update

from adapters.sql.listing import page_of, tagged
from adapters.sql.message_statements import (
    MESSAGES_SHOWN,
    PLACES,
    REMOVE_ALL,
    REMOVE_PLACES,
)
from adapters.sql.messages import SqlMessages
from adapters.sql.prepared import Prepared, row_into
from adapters.sql.rows import (
    conversation_of,
    conversation_row,
    storable,
)
from adapters.sql.tables.chat import sessions
from adapters.sql.words import IDS_A_QUERY
from application.ports.conversations import Conversations
from domain.conversation.conversation import (
    Conversation,
    ConversationDraft,
    ConversationFilter,
)
from domain.conversation.writing import (
    NAME_CHARS,
    continued,
    is_chosen_id,
    opened,
)
from domain.errors import AlreadyExists, ConversationNotFound
from domain.ids import ConversationId, MessageId, UserId

_INSERT_SESSION = row_into(sessions, *sessions.c.keys())
# Locked while the transaction lasts, so that the messages of two turns in one conversation are
# written one turn after the other. SQLite queues all writers and needs no lock.
_LOCK_SESSION = (
    select(sessions).where(sessions.c.session_id == bindparam("session")).with_for_update()
)
_GET_SESSION = select(sessions).where(
    sessions.c.session_id == bindparam("session"), sessions.c.customer_id == bindparam("owner")
)
_HOLD_SESSION = _GET_SESSION.with_for_update()
_DRAFTED = (
    "session_name",
    "ai_character_name",
    "ai_text_gen_model",
    "auto_trigger_tts",
    "claude_session_id",
    "tags",
    "task_status",
    "task_priority",
    "task_description",
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
_REMOVE_SESSION = delete(sessions).where(
    sessions.c.session_id == bindparam("session"), sessions.c.customer_id == bindparam("owner")
)


class SqlConversations(SqlMessages, Conversations):
    """Read and written inside a unit of work. The owner is part of every query."""

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

    async def hold(self, user: UserId, conversation: ConversationId) -> Conversation:
        """Return one conversation, which nobody else changes before the transaction ends."""
        await self._transaction.queue_to_write()
        row = await self._transaction.first(
            "hold", _HOLD_SESSION, {"session": conversation, "owner": user}
        )
        if row is None:
            raise ConversationNotFound(conversation)
        return conversation_of(row)

    async def change(self, user: UserId, draft: ConversationDraft) -> Conversation:
        """Return the conversation the draft names, with the draft applied."""
        return await self._continue(await self.hold(user, draft.id or ConversationId("")), draft)

    async def remove(self, user: UserId, conversation: ConversationId) -> list[MessageId]:
        """Remove a conversation with all that was said in it; return the ids that were shown."""
        await self.hold(user, conversation)
        this = {"session": conversation, "owner": user}
        rows = await self._transaction.all("remove conversation", MESSAGES_SHOWN, this)
        await self._transaction.write("remove conversation", REMOVE_ALL, {"session": conversation})
        await self._transaction.write("remove conversation", _REMOVE_SESSION, this)
        if rows:
            await self._words.purge()
        self._ends.pop((user, conversation), None)
        return [MessageId(row["message_id"]) for row in rows]

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

    async def remove_messages(
        self, user: UserId, conversation: ConversationId, messages: tuple[MessageId, ...]
    ) -> int:
        """Remove messages with all their versions; return how many of those named were there."""
        await self.hold(user, conversation)
        this = {"session": conversation, "owner": user}
        removed = 0
        for start in range(0, len(messages), IDS_A_QUERY):
            ids = tuple(set(messages[start : start + IDS_A_QUERY]))
            found = await self._transaction.all("remove messages", PLACES, {**this, "ids": ids})
            removed += len(found)
            if places := tuple({row["place"] for row in found}):
                await self._transaction.write(
                    "remove messages", REMOVE_PLACES, {**this, "places": places}
                )
        if removed:
            await self._words.purge()
        self._ends.pop((user, conversation), None)
        return removed

    async def _create(
        self, user: UserId, conversation: ConversationId, draft: ConversationDraft
    ) -> Conversation:
        fresh = opened(conversation, user, draft, self._clock.now())
        row = conversation_row(fresh)
        if conversation == draft.id:  # The only case in which the id may be taken.
            await self._transaction.run("open", _INSERT_SESSION, row, owner=user)
        else:
            await self._transaction.gather(_INSERT_SESSION, row, owner=user)
        self._ends[user, conversation] = None
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
