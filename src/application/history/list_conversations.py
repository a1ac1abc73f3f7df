"""The user's conversations, newest first."""

from application.history.shown import Shown
from application.ports.unit_of_work import UnitOfWork
from domain.conversation.conversation import ConversationFilter
from domain.ids import UserId


class ListConversations:
    """A page of conversations."""

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
