"""Conversations and messages in memory."""

from msgspec import structs

from adapters.memory.messages import MemoryMessages, owned
from adapters.memory.state import State
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
from domain.errors import AccountNotFound
from domain.ids import ConversationId, MessageId, UserId


class MemoryConversations(MemoryMessages, Conversations):
    """Read and written inside a unit of work. The owner is part of every look-up."""

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
        return owned(self._draft.state, user, conversation)

    async def hold(self, user: UserId, conversation: ConversationId) -> Conversation:
        """Return one conversation, which nobody else changes before the transaction ends."""
        await self._draft.writing()
        return await self.get(user, conversation)

    async def change(self, user: UserId, draft: ConversationDraft) -> Conversation:
        """Return the conversation the draft names, with the draft applied."""
        state = await self._draft.writing()
        found = await self.get(user, draft.id or ConversationId(""))
        changed = continued(found, draft, self._clock.now())
        state.conversations[found.id] = changed
        return changed

    async def remove(self, user: UserId, conversation: ConversationId) -> list[MessageId]:
        """Remove a conversation with all that was said in it; return the ids that were shown."""
        state = await self._draft.writing()
        await self.get(user, conversation)
        said = await self.every_message(user, conversation)
        for message in said:
            del state.messages[message.message_id]
        del state.conversations[conversation]
        return [message.message_id for message in said if not message.replaced]

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
        messages = self._draft.state.messages.values()
        spoken = {message.session_id for message in messages if not message.replaced}
        found = [
            one
            for one in self._newest_first(user)
            if (one.task_status is not None or one.id in spoken) and _fits(one, wanted)
        ]
        end = wanted.offset + wanted.limit if wanted.limit else None
        return found[wanted.offset : end]

    async def remove_messages(
        self, user: UserId, conversation: ConversationId, messages: tuple[MessageId, ...]
    ) -> int:
        """Remove messages with all their versions; return how many of those named were there."""
        rows = await self._draft.writing()
        await self.get(user, conversation)
        said = await self.every_message(user, conversation)
        named = {
            message.message_id: message.place for message in said if message.message_id in messages
        }
        for message in said:
            if message.place in named.values():
                del rows.messages[message.message_id]
        return len(named)

    def _newest_first(self, user: UserId) -> list[Conversation]:
        return newest_first(self._draft.state, user)


def newest_first(state: State, user: UserId) -> list[Conversation]:
    """Return all conversations of a user in the order of lists."""
    mine = (one for one in state.conversations.values() if one.owner == user)
    return sorted(mine, key=lambda one: (one.last_update, one.created_at, one.id), reverse=True)


def _fits(one: Conversation, wanted: ConversationFilter) -> bool:
    return (
        (wanted.start is None or one.last_update >= wanted.start)
        and (wanted.end is None or one.last_update < wanted.end)
        and (wanted.character is None or one.character == wanted.character)
        and (wanted.after is None or wanted.after.comes_before(one))
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
