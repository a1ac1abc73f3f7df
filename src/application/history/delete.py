"""Taking things out of the history, for good."""

from application.ports.unit_of_work import UnitOfWork
from domain.ids import ConversationId, MessageId, UserId


class DeleteConversation:
    """Removes a conversation with all that was said in it."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    async def __call__(self, user: UserId, conversation: ConversationId) -> list[MessageId]:
        """Return the ids of the messages that were shown in it.

        Raises:
            ConversationNotFound: the user has no such conversation.
        """
        return await self._work.run(lambda db: db.conversations.remove(user, conversation))


class DeleteMessages:
    """Removes messages of one conversation, with their earlier versions."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    async def __call__(
        self, user: UserId, conversation: ConversationId, messages: tuple[MessageId, ...]
    ) -> int:
        """Return how many of these were there; ids of other conversations are passed over.

        Raises:
            ConversationNotFound: the user has no such conversation.
        """
        return await self._work.run(
            lambda db: db.conversations.remove_messages(user, conversation, messages)
        )
