"""The connection that the writers of one SQLite file hand on from one to the next.

Writers queue, so one connection serves all of them. By way of the pool, taking it and giving it
back takes as long as a writer's statements.
"""

from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.sql.its_file import ItsFile


class WritersConnection:
    """Whoever has its turn to write may take it, and leaves it for the next one."""

    def __init__(self, file: ItsFile) -> None:
        self._file = file
        self._left: tuple[AsyncConnection, tuple[int, int] | None] | None = None

    def leave(self, connection: AsyncConnection) -> bool:
        """Leave a connection on which nothing is open; return whether it is wanted.

        A reader that became a writer comes with one of its own, while another may wait here.
        """
        if self._left is not None:
            return False
        self._left = connection, self._file.which()
        return True

    async def take(self) -> AsyncConnection | None:
        """Return what the writer before has left, if the file is still the same."""
        if self._left is None:
            return None
        (connection, file), self._left = self._left, None
        if file is not None and file == self._file.which():
            return connection
        await connection.close()
        return None

    async def close(self) -> None:
        """Give it back to the pool."""
        if self._left is not None:
            (connection, _), self._left = self._left, None
            await connection.close()
