"""All that is stored of an account, row by row."""

from datetime import datetime
from typing import Protocol

from domain.ids import ConversationId, MessageId, PromptId, UserId
from domain.transfer.records import (
    ArchivedConversation,
    ArchivedMessage,
    ArchivedPrompt,
    ArchivedUsage,
)
from domain.transfer.tally import Tally


class Holdings(Protocol):
    """Read inside a unit of work, a page at a time. The owner is part of every query.

    Rows are given as they are stored, null where they are null. A page has at most `limit` rows,
    fewer where those are large, and none only where there are no more.
    """

    async def tally(self, user: UserId) -> Tally:
        """Return how many there are of each kind."""
        ...

    async def prompts(
        self, user: UserId, after: PromptId, limit: int
    ) -> list[tuple[PromptId, ArchivedPrompt]]:
        """Return saved prompts by ascending id, above `after`."""
        ...

    async def usage(self, user: UserId, after: str, limit: int) -> list[ArchivedUsage]:
        """Return what turns used by ascending id of the turn, above `after`."""
        ...

    async def conversations(
        self, user: UserId, after: str, limit: int
    ) -> list[ArchivedConversation]:
        """Return conversations by ascending id, above `after`."""
        ...

    async def messages(
        self,
        user: UserId,
        conversation: ConversationId,
        after: tuple[datetime, MessageId] | None,
        limit: int,
    ) -> list[ArchivedMessage]:
        """Return messages in order of writing, behind `after`, hidden versions too.

        `number`, `parent` and `version_of` are ids.
        """
        ...
