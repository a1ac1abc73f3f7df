"""Conversations and messages in memory."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from msgspec import structs

from adapters.memory.state import Draft
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
from domain.errors import AccountNotFound, ConversationNotFound
from domain.ids import ConversationId, MessageId, TurnId, UserId

_FIXED = frozenset({"message_id", "session_id", "customer_id", "sender", "created_at"})
_CHANGEABLE = frozenset(StoredMessage.__struct_fields__) - _FIXED
_BLANK = StoredMessage(
    message_id=MessageId(0),
    session_id=ConversationId(""),
    customer_id=UserId(0),
    sender=Sender.SYSTEM,
    created_at=datetime.min.replace(tzinfo=UTC),
)
"""What a store gives back where nothing is kept."""


class MemoryConversations(Conversations):
    """Read and written inside a unit of work. The owner is part of every look-up."""

    def __init__(self, draft: Draft, clock: Clock) -> None:
        self._draft = draft
        self._clock = clock

    async def open(self, user: UserId, draft: ConversationDraft) -> Conversation:
        """Return the conversation the draft names with the draft applied, or a new one."""
        state = await self._draft.writing()
        now = self._clock.now()
        found = state.conversations.get(draft.id) if draft.id else None
        if found is not None and found.owner == user:
            conversation = continued(found, draft, now)
        elif user not in state.accounts:
            raise AccountNotFound(user)
        elif draft.id and found is None and is_chosen_id(draft.id):
            conversation = opened(draft.id, user, draft, now)
        else:
            conversation = opened(ConversationId(self._clock.new_id()), user, draft, now)
        state.conversations[conversation.id] = conversation
        return conversation

    async def get(self, user: UserId, conversation: ConversationId) -> Conversation:
        """Return one conversation."""
        found = self._draft.state.conversations.get(conversation)
        if found is None or found.owner != user:
            raise ConversationNotFound(conversation)
        return found

    async def newest_of(self, user: UserId, character: str) -> Conversation | None:
        """Return the most recently updated conversation with a character."""
        wanted = ConversationFilter(character=character, limit=1)
        return next((one for one in self._newest_first(user) if _fits(one, wanted)), None)

    async def rename(self, user: UserId, conversation: ConversationId, name: str) -> None:
        """Set the name without moving the conversation in the list."""
        state = await self._draft.writing()
        found = await self.get(user, conversation)
        state.conversations[conversation] = structs.replace(found, name=name[:NAME_CHARS])

    async def page(self, user: UserId, wanted: ConversationFilter) -> list[Conversation]:
        """Return conversations, newest `last_update` first, then newest `created_at`."""
        spoken = {message.session_id for message in self._draft.state.messages.values()}
        found = [
            one
            for one in self._newest_first(user)
            if (one.task_status is not None or one.id in spoken) and _fits(one, wanted)
        ]
        end = wanted.offset + wanted.limit if wanted.limit else None
        return found[wanted.offset : end]

    async def messages(
        self, user: UserId, conversations: tuple[ConversationId, ...]
    ) -> dict[ConversationId, list[StoredMessage]]:
        """Return the messages of the user's conversations, each in order of writing.

        Every conversation asked for is in the answer; one that is missing or foreign is empty.
        """
        found: dict[ConversationId, list[StoredMessage]] = {name: [] for name in conversations}
        for message in self._draft.state.messages.values():
            if message.customer_id == user and message.session_id in found:
                found[message.session_id].append(message)
        for said in found.values():
            said.sort(key=lambda message: (message.created_at, message.message_id))
        return found

    async def next_moment(self, user: UserId, conversation: ConversationId) -> datetime:
        """Return when a message would be written now."""
        await self.get(user, conversation)
        said = (await self.messages(user, (conversation,)))[conversation]
        return moment_after(said[-1].created_at if said else None, self._clock.now())

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
        rows = await self._draft.writing()
        at = at or await self.next_moment(user, conversation)
        await self.get(user, conversation)
        message = StoredMessage(
            message_id=MessageId(rows.last_message + 1),
            session_id=conversation,
            customer_id=user,
            sender=sender,
            created_at=at,
            turn_id=turn,
            state=state,
            usage=usage,
            **written(sender, draft),
        )
        self._draft.put(rows.with_message(message))
        return message.message_id

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
        if not changes.keys() <= _CHANGEABLE:
            raise ValueError(f"not changeable: {sorted(changes.keys() - _CHANGEABLE)}")
        found = self._draft.state.messages.get(message)
        if found is None or (found.customer_id, found.session_id) != (user, conversation):
            return False
        new = {name: _read_back(name, value) for name, value in fitted(changes).items()}
        rows = await self._draft.writing()
        rows.messages[message] = structs.replace(rows.messages[message], **new)
        return True

    def _newest_first(self, user: UserId) -> list[Conversation]:
        mine = [one for one in self._draft.state.conversations.values() if one.owner == user]
        mine.sort(key=lambda one: one.id)
        return sorted(mine, key=lambda one: (one.last_update, one.created_at), reverse=True)


def _read_back(name: str, value: Any) -> Any:
    """Return what a store gives back for a value."""
    if value is None:
        return getattr(_BLANK, name)
    return tuple(value) if isinstance(value, list) else value  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]


def _fits(one: Conversation, wanted: ConversationFilter) -> bool:
    return (
        (wanted.start is None or one.last_update >= wanted.start)
        and (wanted.end is None or one.last_update < wanted.end)
        and (wanted.character is None or one.character == wanted.character)
        and (wanted.task_priority is None or one.task_priority == wanted.task_priority)
        and _has_task(one, wanted.task_status)
        and _is_tagged(one, wanted.tags)
    )


def _has_task(one: Conversation, wanted: str | None) -> bool:
    match wanted:
        case None:
            return True
        case "any":
            return one.task_status is not None
        case "none":
            return one.task_status is None
        case status:
            return one.task_status == status


def _is_tagged(one: Conversation, wanted: tuple[str, ...]) -> bool:
    tags = {tag.casefold() for tag in wanted}
    return not tags or any(tag.casefold() in tags for tag in one.tags)
