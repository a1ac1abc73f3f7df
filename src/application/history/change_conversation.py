"""Names, tags, tasks and the rest of what a conversation's own row says."""

from application.ports.unit_of_work import UnitOfWork
from domain.conversation.conversation import Conversation, ConversationDraft
from domain.ids import UserId


class ChangeConversation:
    """Applies what a request states; the rest stays as it was."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    async def __call__(self, user: UserId, draft: ConversationDraft) -> Conversation:
        """Return the conversation as it is now.

        Raises:
            ConversationNotFound: the user has no such conversation.
        """
        return await self._work.run(
            lambda db: db.conversations.change(user, draft), repeatable=True
        )
