"""Conversations in which a text occurs."""

from application.ports.unit_of_work import UnitOfWork
from domain.conversation.conversation import Conversation
from domain.ids import UserId


class SearchConversations:
    """Looks into messages, names and characters, letter by letter."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    async def __call__(self, user: UserId, text: str, limit: int) -> list[Conversation]:
        """Return at most `limit` conversations, newest first; a blank text is in all of them."""
        return await self._work.run(lambda db: db.lookup.search(user, text.strip(), limit))
