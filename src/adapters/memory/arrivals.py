"""Records of an archive that are put into memory."""

from datetime import datetime

from adapters.memory.archived_rows import conversation_of, message_of, usage_of
from adapters.memory.messages import owned
from adapters.memory.state import Draft
from application.ports.arrivals import Arrivals
from domain.errors import AccountNotFound
from domain.ids import ConversationId, MessageId, TurnId, UserId
from domain.transfer.ids import other_id
from domain.transfer.records import (
    ArchivedConversation,
    ArchivedMessage,
    ArchivedPrompt,
    ArchivedUsage,
)


class MemoryArrivals(Arrivals):
    """Written inside a unit of work. The owner is part of every look-up."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft

    async def hold(self, user: UserId) -> None:
        """Keep others from writing."""
        if user not in (await self._draft.writing()).accounts:
            raise AccountNotFound(user)

    async def prompts_like(self, user: UserId, prompt: ArchivedPrompt) -> int:
        """Return how many of the user's prompts say the same, letter by letter."""
        same = (user, prompt.title, prompt.text)
        kept = self._draft.state.prompts.values()
        return sum((one.owner, one.title, one.text) == same for one in kept)

    async def add_usage(self, user: UserId, usage: ArchivedUsage) -> bool:
        """Store what a turn used, unless it is there already."""
        state = await self._draft.writing()
        if user not in state.accounts:
            raise AccountNotFound(user)
        ids = (TurnId(usage.turn), TurnId(other_id(user, usage.turn)))
        if any(one in state.usage and state.usage[one].user == user for one in ids):
            return False
        turn = ids[1] if ids[0] in state.usage else ids[0]
        state.usage[turn] = usage_of(user, usage, turn)
        return True

    async def place(
        self, user: UserId, conversation: ArchivedConversation
    ) -> tuple[ConversationId, bool]:
        """Return the user's conversation of this id, made out of the record if there is none."""
        state = await self._draft.writing()
        if user not in state.accounts:
            raise AccountNotFound(user)
        ids = (
            ConversationId(conversation.id),
            ConversationId(other_id(user, conversation.id)),
        )
        for known in ids:
            if known in state.conversations and state.conversations[known].owner == user:
                return known, False
        named = ids[1] if ids[0] in state.conversations else ids[0]
        state.conversations[named] = conversation_of(user, conversation, named)
        state.came[named] = conversation
        return named, True

    async def written(
        self, user: UserId, conversation: ConversationId, start: datetime, end: datetime
    ) -> list[tuple[datetime, MessageId]]:
        """Return what was written from `start` to `end`, while nobody else writes there."""
        state = await self._draft.writing()
        owned(state, user, conversation)
        return sorted(
            (one.created_at, one.message_id)
            for one in state.messages.values()
            if (one.customer_id, one.session_id) == (user, conversation)
            and start <= one.created_at <= end
        )

    async def add_message(
        self, user: UserId, conversation: ConversationId, message: ArchivedMessage
    ) -> MessageId:
        """Store a message and return its id."""
        state = await self._draft.writing()
        owned(state, user, conversation)
        named = MessageId(state.last_message + 1)
        self._draft.put(state.with_message(message_of(user, conversation, message, named)))
        state.came[named] = message
        return named
