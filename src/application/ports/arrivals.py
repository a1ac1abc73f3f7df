"""Rows of an account that come out of an archive."""

from datetime import datetime
from typing import Protocol

from domain.ids import ConversationId, MessageId, UserId
from domain.transfer.records import (
    ArchivedConversation,
    ArchivedMessage,
    ArchivedPrompt,
    ArchivedUsage,
)


class Arrivals(Protocol):
    """Written inside a unit of work. The owner is part of every query.

    What is there already stays as it is.
    """

    async def hold(self, user: UserId) -> None:
        """Keep others from writing prompts and usage of this user before the unit of work ends.

        Raises:
            AccountNotFound: there is no such user.
        """
        ...

    async def prompts_like(self, user: UserId, prompt: ArchivedPrompt) -> int:
        """Return how many of the user's prompts say the same, letter by letter."""
        ...

    async def add_usage(self, user: UserId, usage: ArchivedUsage) -> bool:
        """Store what a turn used, under `other_id` where the turn's id is another customer's.

        Returns:
            False when it is there already.
        """
        ...

    async def place(
        self, user: UserId, conversation: ArchivedConversation
    ) -> tuple[ConversationId, bool]:
        """Return the user's conversation of this id, made out of the record if there is none.

        Where the id is another customer's, `other_id` takes its place.

        Returns:
            The id it has here, and whether it was made.

        Raises:
            AccountNotFound: there is no such user.
        """
        ...

    async def written(
        self, user: UserId, conversation: ConversationId, start: datetime, end: datetime
    ) -> list[tuple[datetime, MessageId]]:
        """Return what was written from `start` to `end`, both included, in that order.

        Nobody else changes the conversation before the unit of work ends.

        Raises:
            ConversationNotFound: there is none, or it is somebody else's.
        """
        ...

    async def add_message(
        self, user: UserId, conversation: ConversationId, message: ArchivedMessage
    ) -> MessageId:
        """Store a message and return its id.

        `parent` and `version_of` are ids; the number has no meaning.

        Raises:
            ConversationNotFound: there is none, or it is somebody else's.
        """
        ...
