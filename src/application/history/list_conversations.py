"""The user's conversations, newest first."""

from msgspec import Struct, structs

from application.history.shown import Shown
from application.ports.unit_of_work import Stores, UnitOfWork
from domain.conversation.conversation import ConversationFilter, ListPlace
from domain.conversation.writing import kept_character
from domain.ids import UserId


class Listed(Struct, frozen=True):
    """A page, and where the next one begins."""

    page: tuple[Shown, ...]
    next: ListPlace | None


class ListConversations:
    """A page of conversations."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    async def __call__(
        self, user: UserId, wanted: ConversationFilter, *, with_messages: bool = False
    ) -> Listed:
        """Return the page that the filter describes."""
        one_more = wanted.limit + 1 if wanted.limit else 0
        if wanted.character is not None:
            wanted = structs.replace(wanted, character=kept_character(wanted.character))

        async def read(db: Stores) -> Listed:
            found = await db.conversations.page(user, structs.replace(wanted, limit=one_more))
            page = found[: wanted.limit or None]
            following = ListPlace.of(page[-1]) if len(found) > len(page) else None
            if not with_messages:
                return Listed(tuple(map(Shown, page)), following)
            ids = tuple(conversation.id for conversation in page)
            messages = await db.conversations.messages(user, ids)
            shown = (Shown(found, tuple(messages.get(found.id, ()))) for found in page)
            return Listed(tuple(shown), following)

        return await self._work.run(read)
