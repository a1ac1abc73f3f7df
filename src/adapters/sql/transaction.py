"""One transaction on one connection, which is taken when it is first needed."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import CursorResult, Executable, RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.sql.engine import Database
from adapters.sql.failures import Stage, translated
from adapters.sql.prepared import Outcome, Prepared, Values, run_together
from domain.ids import UserId

STATEMENT_TIMEOUT_S = 15.0
"""Longer than any lock wait; ends the wait for a server that vanished without a word."""

Parameters = Mapping[str, Any]
Rows = Sequence[Parameters]
"""A statement that writes runs once for each of them."""


class Transaction:
    """Statements of one unit of work.

    Each statement sees what was committed when it began (READ COMMITTED, on SQLite too) and what
    this transaction wrote. On SQLite the writers of a process queue for their turn before they
    take a connection, so that readers always find one.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: AsyncConnection | None = None
        self._holds_turnstile = False
        self._gathered: list[tuple[str, Values]] = []
        self._owner: UserId | None = None
        self._wrote = False
        self._uncommitted = False
        """Prepared statements have run, of which SQLAlchemy's own commit knows nothing."""

    @property
    def engine(self) -> str:
        """The name of the engine, as SQLAlchemy calls it."""
        return self._database.engine.dialect.name

    async def all(
        self, operation: str, statement: Executable, parameters: Parameters | None = None
    ) -> Sequence[RowMapping]:
        """Return every row."""
        result = await self._run(operation, statement, parameters)
        return result.mappings().all()

    async def first(
        self, operation: str, statement: Executable, parameters: Parameters | None = None
    ) -> RowMapping | None:
        """Return the first row, or None."""
        result = await self._run(operation, statement, parameters)
        return result.mappings().first()

    async def write(
        self,
        operation: str,
        statement: Executable,
        parameters: Parameters | Rows | None = None,
        *,
        owner: UserId | None = None,
    ) -> CursorResult[Any]:
        """Run a statement that writes, after the writers before it.

        Raises:
            AlreadyExists: a key or a unique value is taken.
            AccountNotFound: the owner has no account.
        """
        await self.queue_to_write()
        self._wrote = True
        return await self._run(operation, statement, parameters, owner=owner)

    async def run(
        self,
        operation: str,
        statement: Prepared,
        parameters: Parameters,
        *,
        owner: UserId | None = None,
    ) -> Outcome:
        """Run a prepared statement, like `write`, and return what it did."""
        await self.gather(statement, parameters, owner=owner)
        return await self._run_gathered(operation)

    async def gather(
        self, statement: Prepared, parameters: Parameters, *, owner: UserId | None = None
    ) -> None:
        """Have a prepared statement run before the next one of any kind, at the latest at the end.

        For writes whose outcome nobody needs; what they raise is raised from there.
        """
        await self.queue_to_write()
        self._wrote = True
        self._gathered.append(statement.on(self._database.engine.dialect, parameters))
        self._owner = owner or self._owner

    async def queue_to_write(self) -> None:
        """Wait for this transaction's turn to write; what is read from here on stays true.

        Does nothing on an engine with many writers, which locks rows instead.
        """
        turnstile = self._database.turnstile
        if turnstile is not None and not self._holds_turnstile:
            if turnstile.locked():
                # Waiting with a connection, readers that become writers would take them all, and
                # the one whose turn it is would find none. What was only read binds nothing.
                await self._disconnect()
            await turnstile.acquire()
            self._holds_turnstile = True

    async def commit(self) -> None:
        """Make the writes visible to everybody and give the connection back."""
        try:
            if self._gathered and self._database.loses_commits:
                # Apart from the commit, so that what fails here is known to have come to nothing.
                await self._run_gathered("commit")
            stage = Stage.COMMITTING if self._wrote else Stage.OPEN
            if self._gathered or self._uncommitted:
                await self._run_gathered("commit", stage)
            if (connection := self._connection) is not None:
                with translated("commit", stage=stage):
                    async with asyncio.timeout(STATEMENT_TIMEOUT_S):
                        await connection.commit()
                writers = self._database.writers
                if self._holds_turnstile and writers is not None and writers.leave(connection):
                    self._connection = None
        finally:
            await self.close()

    async def close(self) -> None:
        """Undo what is not committed and give the connection back. May be called again."""
        try:
            await self._disconnect()
        finally:
            if self._holds_turnstile and self._database.turnstile is not None:
                self._holds_turnstile = False
                self._database.turnstile.release()

    async def _disconnect(self) -> None:
        self._gathered.clear()
        connection, self._connection = self._connection, None
        if connection is not None:
            with translated("close"):
                await connection.close()

    async def _run(
        self,
        operation: str,
        statement: Executable,
        parameters: Parameters | Rows | None,
        *,
        owner: UserId | None = None,
    ) -> CursorResult[Any]:
        if self._gathered:
            await self._run_gathered(operation)
        connection = self._connection or await self._connect(operation)
        with translated(operation, owner=owner):
            async with asyncio.timeout(STATEMENT_TIMEOUT_S):
                return await connection.execute(statement, parameters)

    async def _run_gathered(self, operation: str, stage: Stage = Stage.OPEN) -> Outcome:
        connection = self._connection or await self._connect(operation)
        gathered, self._gathered = self._gathered, []
        commit = stage is Stage.COMMITTING
        self._uncommitted = not commit
        with translated(operation, owner=self._owner, stage=stage):
            async with asyncio.timeout(STATEMENT_TIMEOUT_S):
                return await run_together(
                    connection, self._database.driver, gathered, commit=commit
                )

    async def _connect(self, operation: str) -> AsyncConnection:
        with translated(operation, stage=Stage.REACHING):
            async with asyncio.timeout(self._database.reach_s):
                connection = await self._left_by_another()
                if connection is None:
                    connection = self._database.engine.connect()
                    await connection.start()
        self._connection = connection
        return connection

    async def _left_by_another(self) -> AsyncConnection | None:
        writers = self._database.writers
        return await writers.take() if self._holds_turnstile and writers is not None else None
