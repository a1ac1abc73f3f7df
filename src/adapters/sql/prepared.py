"""Writes whose text never changes, for what every turn does.

A statement on its way through SQLAlchemy's asyncio layer costs several times what the database
does with it. These are compiled once, and run on the driver itself: all that have gathered in a
transaction together, which on SQLite is one visit to the connection's thread in place of one each.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, cast

import msgspec
from sqlalchemy import Connection, Delete, Dialect, Insert, Table, Update, bindparam, insert
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

Values = Sequence[Any]


class Outcome(msgspec.Struct, frozen=True):
    """What the last of some statements did."""

    rowcount: int
    lastrowid: int | None


class Driver(Protocol):
    """Runs statements on a driver's own connection."""

    async def __call__(
        self, connection: Any, statements: Sequence[tuple[str, Values]], *, commit: bool
    ) -> Outcome:
        """Run them in order, stop at the first that fails, and commit after the last if told to.

        Raises:
            Exception: the driver's own.
        """
        ...


class Prepared:
    """An insert, update or delete with named parameters."""

    def __init__(self, statement: Insert | Update | Delete) -> None:
        self._statement = statement
        self._compiled: dict[str, tuple[str, list[tuple[str, Any]]]] = {}

    def on(self, dialect: Dialect, parameters: Mapping[str, Any]) -> tuple[str, Values]:
        """Return the text and its values, as the driver takes them."""
        known = self._compiled.get(dialect.name)
        if known is None:
            known = self._compiled[dialect.name] = self._compile(dialect)
        text, places = known
        return text, [
            parameters[name] if process is None else process(parameters[name])
            for name, process in places
        ]

    def _compile(self, dialect: Dialect) -> tuple[str, list[tuple[str, Any]]]:
        compiled: Any = self._statement.compile(dialect=dialect)
        return str(compiled), [
            (name, compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect))
            for name in compiled.positiontup
        ]


def row_into(table: Table, *names: str) -> Prepared:
    """Return the insert of one row, whose parameters have the names of columns."""
    return Prepared(insert(table).values({name: bindparam(name) for name in names}))


async def run_together(
    connection: AsyncConnection,
    driver: Driver,
    statements: Sequence[tuple[str, Values]],
    *,
    commit: bool,
) -> Outcome:
    """Run prepared statements in a connection's transaction.

    Raises:
        DBAPIError: as SQLAlchemy raises it; a connection that is gone leaves the pool.
    """
    dialect = cast("DefaultDialect", connection.dialect)
    taken = cast("Connection", connection.sync_connection)
    native: Any = taken.connection.driver_connection
    errors: Any = dialect.loaded_dbapi
    try:
        return await driver(native, statements, commit=commit)
    except errors.Error as error:
        gone = dialect.is_disconnect(error, native, None)
        if gone:
            await connection.invalidate(error)
        raise DBAPIError.instance(
            None, None, error, errors.Error, hide_parameters=True, connection_invalidated=gone
        ) from error
