"""aiosqlite with one visit to the connection's thread a statement.

Each visit hands the work to another thread and the outcome back to the event loop; behind a busy
loop the round trip takes longer than most statements do. As it is, aiosqlite goes there to make a
cursor, to execute, to fetch and to close, and SQLAlchemy has it roll back what was just committed.
Here a statement brings its rows along, and a rollback without a transaction goes nowhere.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, ParamSpec, Self, TypeVar
from urllib.parse import quote

import aiosqlite

from adapters.sql.prepared import Outcome

P = ParamSpec("P")
T = TypeVar("T")

_CHUNK = 64
"""aiosqlite's own default, for iterating over a cursor, which we do not."""


def connection(database: str, *, makes_file: bool = True, **options: Any) -> "SqliteConnection":
    """Return a connection that is opened by awaiting it; other arguments are those of `sqlite3`.

    Without `makes_file` a file that is not there is no empty database, but an error.
    """
    if not makes_file:
        database, options["uri"] = f"file:{quote(database)}?mode=rw", True
    return SqliteConnection(partial(sqlite3.connect, database, **options), _CHUNK)


class SqliteConnection(aiosqlite.Connection):
    """What SQLAlchemy's adapter of aiosqlite connects with."""

    def __init__(self, connector: Callable[[], sqlite3.Connection], chunk: int) -> None:
        super().__init__(connector, chunk)
        self._thread.daemon = True  # As SQLAlchemy has it: a lost connection must not stop an exit.
        self._settled = False
        self._ending: asyncio.Future[Any] | None = None

    def stop(self) -> "asyncio.Future[Any] | None":
        """Ask the thread to end; return what is done once it has."""
        self._ending = super().stop()  # pyright: ignore[reportUnknownMemberType]
        return self._ending

    async def _connect(self) -> "SqliteConnection":
        try:
            await super()._connect()
        except Exception:
            # aiosqlite has asked its thread to end and does not wait for it: the thread would then
            # speak to a loop that may be closed.
            if self._ending is not None:
                await self._ending
            raise
        return self

    def cursor(self) -> "SqliteCursor":  # pyright: ignore[reportIncompatibleMethodOverride]
        """Return a cursor, without a visit."""
        return SqliteCursor(self)

    async def commit(self) -> None:
        """Make what was written visible to everybody."""
        if self._settled and not self.in_transaction:
            return
        await super().commit()

    async def rollback(self) -> None:
        """Undo what is not committed."""
        if self._settled and not self.in_transaction:
            return
        await super().rollback()

    async def visit(self, work: Callable[[sqlite3.Cursor], T]) -> T:
        """Do the work with a fresh cursor in the connection's thread."""

        def in_thread() -> T:
            cursor = self._conn.cursor()
            try:
                return work(cursor)
            finally:
                cursor.close()

        return await self._execute(in_thread)

    async def _execute(self, fn: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        # When the wait is cancelled the thread goes on, so a transaction may be there any moment.
        self._settled = False
        outcome: T = await super()._execute(fn, *args, **kwargs)  # pyright: ignore[reportUnknownMemberType]
        self._settled = True
        return outcome


async def run_together(
    connection: SqliteConnection, statements: Sequence[tuple[str, Sequence[Any]]], *, commit: bool
) -> Outcome:
    """Run statements in one visit; see `prepared.Driver`."""

    def run(cursor: sqlite3.Cursor) -> Outcome:
        for text, values in statements:
            cursor.execute(text, values)
        if commit:
            cursor.connection.commit()
        return Outcome(cursor.rowcount, cursor.lastrowid)

    return await connection.visit(run)


class SqliteCursor:
    """What SQLAlchemy's adapter uses of an aiosqlite cursor."""

    def __init__(self, home: SqliteConnection) -> None:
        self._home = home
        self._rows: list[Any] = []
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None
        self.arraysize = 1

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, operation: str, parameters: Sequence[Any] = ()) -> None:
        """Execute a statement and fetch its rows."""
        await self._home.visit(lambda cursor: self._take(cursor.execute(operation, parameters)))

    async def executemany(self, operation: str, parameters: Sequence[Sequence[Any]]) -> None:
        """Execute a statement once for each of the parameters."""
        await self._home.visit(lambda cursor: self._take(cursor.executemany(operation, parameters)))

    def _take(self, cursor: sqlite3.Cursor) -> None:
        self.description = cursor.description
        self._rows = cursor.fetchall() if cursor.description else []
        self.rowcount = cursor.rowcount
        self.lastrowid = cursor.lastrowid

    async def fetchall(self) -> list[Any]:
        """Return the rows that the statement brought along."""
        rows, self._rows = self._rows, []
        return rows

    async def close(self) -> None:
        """Do nothing: the thread's own cursor is closed already."""
