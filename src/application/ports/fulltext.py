"""Messages found by their words."""

from collections.abc import Sequence
from typing import Protocol

from domain.conversation.conversation import Conversation, StoredMessage
from domain.fulltext.found import Hit
from domain.fulltext.query import Term
from domain.ids import ConversationId, MessageId, UserId


class FullText(Protocol):
    """Read inside a unit of work; whoever writes messages keeps it in step.

    The owner is part of every query. Hidden versions are never found, nor are answers that are
    still being written.
    """

    async def newest(self, user: UserId) -> MessageId | None:
        """Return the user's newest message, shown or not; None where there is none."""
        ...

    async def hits(
        self, user: UserId, terms: Sequence[Term], limit: int, up_to: MessageId | None = None
    ) -> list[Hit]:
        """Return the messages in which all terms occur, best first, then newest first.

        Every store finds the same messages. How it weighs them is its own: what occurs more often
        in a message, and less often in others, counts for more. What is common, as
        `domain.fulltext.frequent` has it, is found in the newest messages only, and weighed alike
        by every store.

        Args:
            user: whose messages.
            terms: at least one.
            limit: how many at most; the best are kept.
            up_to: no message newer than this one.
        """
        ...

    async def conversations(
        self, user: UserId, ids: Sequence[ConversationId]
    ) -> dict[ConversationId, Conversation]:
        """Return those of the conversations that are the user's."""
        ...

    async def messages(
        self, user: UserId, ids: Sequence[MessageId]
    ) -> dict[MessageId, StoredMessage]:
        """Return those of the messages that are the user's and are shown."""
        ...
