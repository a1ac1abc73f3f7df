"""Stored conversations and their messages."""

from collections.abc import Mapping
from typing import Any, Protocol

from domain.conversation.conversation import (
    AnswerState,
    Conversation,
    ConversationDraft,
    ConversationFilter,
    MessageDraft,
    Place,
    Sender,
    StoredMessage,
)
from domain.conversation.tree import Turnout
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

    async def hold(self, user: UserId, conversation: ConversationId) -> Conversation:
        """Return one conversation, which nobody else changes before the unit of work ends.

        Raises:
            ConversationNotFound: there is none, or it is somebody else's.
        """
        ...

    async def change(self, user: UserId, draft: ConversationDraft) -> Conversation:
        """Return the conversation the draft names, with the draft applied.

        Raises:
            ConversationNotFound: it names none, or somebody else's.
        """
        ...

    async def remove(self, user: UserId, conversation: ConversationId) -> list[MessageId]:
        """Remove a conversation with all that was said in it.

        Returns:
            The ids of the messages that were shown, in order of writing.

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

        Only the branch that is shown, each message with its place in the tree. Answers that are
        still being written are there too, with what has been saved of them.
        """
        ...

    async def every_message(
        self, user: UserId, conversation: ConversationId
    ) -> list[StoredMessage]:
        """Return all rows of one conversation as they are stored, in order of writing."""
        ...

    async def message(self, user: UserId, message: MessageId) -> StoredMessage | None:
        """Return the user's message of this id, as it is stored, shown or not."""
        ...

    async def end(self, user: UserId, conversation: ConversationId) -> Place:
        """Return where a message that is written now goes.

        That is after the last one shown, and later than every message before it, whatever the
        clock says.

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
        place: Place | None = None,
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
            place: where it goes; the `end` when left out.
            usage: of an answer: what it took.

        Raises:
            ConversationNotFound: there is none, it is somebody else's, or the message that this
                one follows is not in it any more, or not that turn's which the place names.
        """
        ...

    async def change_message(
        self,
        user: UserId,
        conversation: ConversationId,
        message: MessageId,
        changes: dict[str, Any],
        *,
        turn: TurnId | None = None,
    ) -> bool:
        """Set the given columns (names of `StoredMessage`) and nothing else.

        Args:
            user: whose message it is.
            conversation: where it belongs.
            message: which.
            changes: what to set; None clears.
            turn: when given, only a message that this turn wrote is changed. SQLite gives the id
                of a deleted message to the next one.

        Returns:
            False when there is no such message of this user in this conversation.
        """
        ...

    async def grow_message(
        self,
        user: UserId,
        conversation: ConversationId,
        message: MessageId,
        changes: dict[str, Any],
        *,
        turn: TurnId,
    ) -> None:
        """Set columns of a running answer, `state` among them, if it is there and the turn's own.

        Written at the latest with the end of the transaction, which is where failures are raised.
        """
        ...

    async def keep_version(
        self,
        user: UserId,
        conversation: ConversationId,
        message: MessageId,
        after: MessageId | None = None,
    ) -> MessageId | None:
        """Store a copy of a message, as it is, beside it: an earlier version that is not shown.

        Of an answer that grows the copy is one that was interrupted: nobody goes on with it.

        Args:
            user: whose message it is.
            conversation: where it belongs.
            message: which.
            after: what the copy follows; what the message follows when left out.

        Returns:
            The id of the copy; None when there is no such message.
        """
        ...

    async def turn_out(
        self,
        user: UserId,
        conversation: ConversationId,
        turned: Turnout,
        parents: Mapping[MessageId, MessageId | None],
    ) -> None:
        """Show some of the user's messages in this conversation and hide others.

        Args:
            user: whose messages.
            conversation: where they belong.
            turned: which to show and which to hide.
            parents: what messages follow, where that is to be written down.
        """
        ...

    async def remove_messages(
        self, user: UserId, conversation: ConversationId, messages: tuple[MessageId, ...]
    ) -> int:
        """Remove messages with all their versions; return how many of those named were there.

        Raises:
            ConversationNotFound: there is none, or it is somebody else's.
        """
        ...
