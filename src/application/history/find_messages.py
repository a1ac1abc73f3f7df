"""Messages out of all conversations."""

from application.ports.unit_of_work import UnitOfWork
from domain.conversation.conversation import StoredMessage
from domain.conversation.files import FileQuery
from domain.ids import UserId


class ShowFavourites:
    """The messages that the user has marked."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    async def __call__(self, user: UserId) -> list[StoredMessage]:
        """Return them in order of writing."""
        return await self._work.run(lambda db: db.lookup.favourites(user))


class FindFiles:
    """The messages that carry files."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    async def __call__(self, user: UserId, wanted: FileQuery) -> list[StoredMessage]:
        """Return a page of them, newest first."""
        return await self._work.run(lambda db: db.lookup.with_files(user, wanted))
