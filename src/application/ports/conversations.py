"""Stored conversations and their messages."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from domain.conversation.conversation import (
    AnswerState,
    Conversation,
    ConversationDraft,
    ConversationFilter,
    MessageDraft,
    Sender,
    StoredMessage,
)
from domain.ids import ConversationId, MessageId, TurnId, UserId


class Conversations(Protocol):
    """Read and written inside a unit of work. The owner is part of every query."""

    async def open(self, user: UserId, draft: ConversationDraft) -> Conversation:
        """Return the conversation the draft names with the draft applied, or a new one.

        New when no id is given. A valid UUID that exists nowhere is created under that id; an id
        of somebody else, or one that is no UUID, gets a fresh one. Values too long for their
        column are cut.

        Raises:
            AccountNotFound: there is no such user.
        """
        ...

    async def get(self, user: UserId, conversation: ConversationId) -> Conversation:
        """Return one conversation.

        Raises:
            ConversationNotFound: there is none, or it is somebody else's.
        """
        ...

    async def newest_of(self, user: UserId, character: str) -> Conversation | None:
        """Return the most recently updated conversation with a character."""
        ...

    async def rename(self, user: UserId, conversation: ConversationId, name: str) -> None:
        """Set the name without moving the conversation in the list.

        Raises:
            ConversationNotFound: there is none, or it is somebody else's.
        """
        ...

    async def page(self, user: UserId, wanted: ConversationFilter) -> list[Conversation]:
        """Return conversations, newest `last_update` first, then newest `created_at`.

        Those with neither messages nor a task status are left out.
        """
        ...

    async def messages(
        self, user: UserId, conversations: tuple[ConversationId, ...]
    ) -> dict[ConversationId, list[StoredMessage]]:
        """Return the messages of the user's conversations, each in order of writing.

        Answers that are still being written are there too, with what has been saved of them.
        """
        ...

    async def next_moment(self, user: UserId, conversation: ConversationId) -> datetime:
        """Return when a message that is written now was written (aware UTC).

        That is now, and later than every message before it, whatever the clock says.

        Raises:
            ConversationNotFound: there is none, or it is somebody else's.
        """
        ...

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
        """Store a message and return its id.

        Args:
            user: whose conversation it is.
            conversation: where it belongs.
            sender: who said it.
            draft: what was said.
            turn: which wrote it.
            state: of an answer.
            at: its place in the order of the conversation; `next_moment` when left out.
            usage: of an answer: what it took.

        Raises:
            ConversationNotFound: there is none, or it is somebody else's.
        """
        ...

    async def change_message(
        self,
        user: UserId,
        conversation: ConversationId,
        message: MessageId,
        changes: dict[str, Any],
    ) -> bool:
        """Set the given columns (names of `StoredMessage`) and nothing else.

        Returns:
            False when there is no such message of this user in this conversation.
        """
        ...
