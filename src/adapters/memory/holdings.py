"""All that is kept of an account in memory, record by record."""

from datetime import datetime

from adapters.memory.archived_rows import (
    archived_conversation,
    archived_message,
    archived_usage,
)
from adapters.memory.state import Draft
from application.ports.holdings import Holdings
from domain.conversation.conversation import StoredMessage
from domain.ids import ConversationId, MessageId, PromptId, UserId
from domain.transfer.records import (
    ArchivedConversation,
    ArchivedMessage,
    ArchivedPrompt,
    ArchivedUsage,
)
from domain.transfer.tally import Tally


class MemoryHoldings(Holdings):
    """Read inside a unit of work, a page at a time. The owner is part of every look-up."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft

    async def tally(self, user: UserId) -> Tally:
        """Return how many there are of each kind."""
        state = self._draft.state
        talks = {one.id for one in state.conversations.values() if one.owner == user}
        return Tally(
            prompts=sum(one.owner == user for one in state.prompts.values()),
            usage=sum(one.user == user for one in state.usage.values()),
            conversations=len(talks),
            messages=sum(
                one.customer_id == user and one.session_id in talks
                for one in state.messages.values()
            ),
        )

    async def prompts(
        self, user: UserId, after: PromptId, limit: int
    ) -> list[tuple[PromptId, ArchivedPrompt]]:
        """Return saved prompts by ascending id."""
        kept = self._draft.state.prompts.values()
        mine = sorted(
            (one for one in kept if one.owner == user and one.id > after), key=lambda one: one.id
        )
        return [(one.id, ArchivedPrompt(one.title, one.text)) for one in mine[:limit]]

    async def usage(self, user: UserId, after: str, limit: int) -> list[ArchivedUsage]:
        """Return what turns used by ascending id of the turn."""
        kept = self._draft.state.usage.values()
        mine = [one for one in kept if one.user == user and one.turn > after]
        return [archived_usage(one) for one in sorted(mine, key=lambda one: one.turn)[:limit]]

    async def conversations(
        self, user: UserId, after: str, limit: int
    ) -> list[ArchivedConversation]:
        """Return conversations by ascending id."""
        state = self._draft.state
        mine = [one for one in state.conversations.values() if one.owner == user and one.id > after]
        page = sorted(mine, key=lambda one: one.id)[:limit]
        return [archived_conversation(state, one) for one in page]

    async def messages(
        self,
        user: UserId,
        conversation: ConversationId,
        after: tuple[datetime, MessageId] | None,
        limit: int,
    ) -> list[ArchivedMessage]:
        """Return messages in order of writing, with ids for numbers."""
        state = self._draft.state
        said = [
            one
            for one in state.messages.values()
            if (one.customer_id, one.session_id) == (user, conversation)
            and (after is None or _place(one) > after)
        ]
        page = sorted(said, key=_place)[:limit]
        return [archived_message(state, one) for one in page]


def _place(message: StoredMessage) -> tuple[datetime, MessageId]:
    return message.created_at, message.message_id
