"""What goes on with each character."""

from application.ports.unit_of_work import UnitOfWork
from domain.conversation.activity import CharacterActivity
from domain.ids import UserId


class ShowActivity:
    """Conversations and open tasks, a character."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    async def __call__(self, user: UserId) -> list[CharacterActivity]:
        """Return them in order of the characters' names."""
        return await self._work.run(lambda db: db.lookup.activity(user))
