"""A task for a character."""

from application.ports.unit_of_work import UnitOfWork
from domain.conversation.conversation import Conversation, ConversationDraft
from domain.ids import UserId


class CreateTask:
    """Opens a conversation that is a task."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    async def __call__(
        self, user: UserId, character: str, description: str, priority: str, name: str | None
    ) -> Conversation:
        """Return the new conversation; its task is active."""
        draft = ConversationDraft(
            name=name,
            character=character,
            task_status="active",
            task_priority=priority,
            task_description=description,
        )
        return await self._work.run(lambda db: db.conversations.open(user, draft))
