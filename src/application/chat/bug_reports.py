"""Bug reports that are spoken: kept in a conversation of their own."""

from uuid import UUID, uuid5

from msgspec import structs

from application.ports.unit_of_work import UnitOfWork
from domain.conversation.conversation import ConversationDraft, ConversationFilter
from domain.ids import ConversationId, UserId
from domain.turn.ask import Ask, Record

CHARACTER, NAME = "bugsy", "Bug Reports"
_IDS = UUID("3c3b3d7c-4a0e-4a53-8f29-8a8f2f6b6c11")
"""Namespace of the conversations that are made for reports: two reports at once make one."""


class BugReports:
    """Finds where a user's reports are kept; there need not be such a place yet."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    async def __call__(self, ask: Ask) -> Ask:
        """Return the report as it is to be kept, wherever its client was when it was spoken.

        Raises:
            StorageError: nobody can tell where that is.
        """
        draft = ConversationDraft(
            id=await self._place(ask.user), character=CHARACTER, new_name=NAME
        )
        question = (ask.record or Record()).question
        record = Record(conversation=draft, question=structs.replace(question, message_id=None))
        return structs.replace(ask, record=record)

    async def _place(self, user: UserId) -> ConversationId:
        wanted = ConversationFilter(character=CHARACTER, limit=0)
        found = await self._work.run(lambda db: db.conversations.page(user, wanted))
        named = (each.id for each in found if each.name == NAME)
        return next(named, ConversationId(str(uuid5(_IDS, str(user)))))
