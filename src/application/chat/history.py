"""Stored conversations, for whoever wants to read them."""

from msgspec import Struct

from application.ports.unit_of_work import Stores, UnitOfWork
from domain.conversation.conversation import (
    Conversation,
    ConversationDraft,
    ConversationFilter,
    StoredMessage,
)
from domain.errors import InvalidRequest
from domain.ids import ConversationId, UserId


class Shown(Struct, frozen=True):
    """A conversation, with its messages in order of writing where they were asked for."""

    conversation: Conversation
    messages: tuple[StoredMessage, ...] | None = None


class ListConversations:
    """The user's conversations, newest first."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    async def __call__(
        self, user: UserId, wanted: ConversationFilter, *, with_messages: bool = False
    ) -> list[Shown]:
        """Return the page that the filter describes."""
        async with self._work() as db:
            page = await db.conversations.page(user, wanted)
            if not with_messages:
                return [Shown(conversation) for conversation in page]
            ids = tuple(conversation.id for conversation in page)
            messages = await db.conversations.messages(user, ids)
        return [Shown(found, tuple(messages.get(found.id, ()))) for found in page]


class ShowConversation:
    """One conversation of the user."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    async def __call__(
        self,
        user: UserId,
        conversation: ConversationId | None = None,
        *,
        character: str | None = None,
        with_messages: bool = True,
    ) -> Shown:
        """Return the conversation named, else the newest one with the character.

        A character that was never spoken with gets a new conversation.

        Raises:
            ConversationNotFound: the user has no such conversation.
            InvalidRequest: neither a conversation nor a character is named.
        """
        async with self._work() as db:
            found = await _find(db, user, conversation, character)
            if not with_messages:
                return Shown(found)
            messages = await db.conversations.messages(user, (found.id,))
        return Shown(found, tuple(messages.get(found.id, ())))


async def _find(
    db: Stores, user: UserId, conversation: ConversationId | None, character: str | None
) -> Conversation:
    if conversation:
        return await db.conversations.get(user, conversation)
    if not character:
        raise InvalidRequest(
            "Either session_id or ai_character_name must be provided", "session_id"
        )
    newest = await db.conversations.newest_of(user, character)
    return newest or await db.conversations.open(user, ConversationDraft(character=character))
