"""Brings databases to a version of their tables, and says where they stand.

The versions are files of the project's `migrations` folder, found beside this source tree: Parley
is installed from its checkout (editable), not from a wheel. Alembic is imported only when there is
something to do.
"""

import hashlib
import io
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, MetaData, event, inspect, pool, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.sql.dialect import why_refused
from adapters.sql.differences import each_difference, told
from adapters.sql.engine import checked_url, mysql_engine, sqlite_engine
from adapters.sql.failures import Stage, translated
from adapters.sql.standing import refuse_missing, refuse_strangers, refuse_unknown
from adapters.sql.tables import blood, chat, garmin, ufc
from domain.storage_errors import StorageError, StorageUnavailable

METADATA: dict[str, MetaData] = {
    "main": chat.metadata,
    "garmin": garmin.metadata,
    "blood": blood.metadata,
    "ufc": ufc.metadata,
}
"""The tables of each database, as the newest version has them."""

HEAD = "head"
BASE = "base"
LOCK_WAIT_S = 60
"""How long one process waits for another that is migrating the same database."""

_AWAY = "the database is not available; try again in a moment"
_FOLDER = Path(__file__).resolve().parents[3] / "migrations"


def versions(database: str) -> list[str]:
    """Return the database's versions, oldest first; a file's name begins with its version."""
    folder = _FOLDER / "versions" / database
    return sorted(file.stem.partition("_")[0] for file in folder.glob("[0-9]*.py"))


def version_table(database: str) -> str:
    """Return the table that says where a database stands.

    One a database, because two of them may share a schema, where a server taken over may have
    kept an `alembic_version` of its own.
    """
    return f"parley_{database}_version"


def _is_missing_file(address: URL) -> bool:
    return address.get_backend_name() == "sqlite" and not Path(str(address.database)).exists()


async def current(database: str, url: str) -> str | None:
    """Return the version the tables are at, or None when there is none.

    Raises:
        StorageError: its server will not have us; says why.
        StorageUnavailable: the database cannot be reached.
    """
    return (await _standing(database, url))[0]


async def _standing(database: str, url: str) -> tuple[str | None, list[str]]:
    """Return what `current` does, and the names of all tables there are."""
    address = checked_url(url, _variable(database))
    if _is_missing_file(address):
        return None, []  # Asking SQLite would make the file.

    def look(connection: Connection) -> tuple[str | None, list[str]]:
        return _version(connection, database), inspect(connection).get_table_names()

    engine = _engine(address, isolation_level="AUTOCOMMIT")
    try:
        with _explained("read version", database, Stage.REACHING):
            async with engine.connect() as connection:
                return await connection.run_sync(look)
    finally:
        await engine.dispose()


async def upgrade(database: str, url: str, to: str = HEAD) -> bool:
    """Bring the tables to a version; return whether there was anything to do.

    Looks at names alone, and so is cheap, when they are there already. Of processes that start at
    once one does the work and the others wait for it.

    Raises:
        StorageError: the data stands in the way, tables are missing, or not ours to judge; says
            what to do, in one line.
        StorageUnavailable: the database cannot be reached, or is being migrated for too long.
    """
    target = _target(database, to)
    at, there = await _standing(database, url)
    if _place(database, target) <= _place(database, at):
        refuse_missing(database, METADATA[database], at, there)
        return False

    def work(connection: Connection) -> None:
        from alembic import command  # noqa: PLC0415 - see the module's docstring

        present = inspect(connection).get_table_names()
        if version_table(database) not in present:
            refuse_strangers(database, METADATA[database], present)
        else:
            at = _version(connection, database)
            refuse_missing(database, METADATA[database], at, present)
        command.upgrade(_config(database, connection), target)

    await _alone(database, url, work)
    return True


async def downgrade(database: str, url: str, to: str) -> bool:
    """Take the tables back to an earlier version, or to `base`: none at all, and no data.

    Return whether there was anything to do: a version that is the current one, or a later one, is
    no way back.

    Raises:
        StorageError: there is no such version, tables of it are missing, or the data does not fit
            it.
    """
    target = _target(database, to)
    if _place(database, await current(database, url)) <= _place(database, target):
        return False

    def work(connection: Connection) -> None:
        from alembic import command  # noqa: PLC0415 - see the module's docstring

        present = inspect(connection).get_table_names()
        # What later versions have made goes anyway.
        left = None if target == BASE else target
        refuse_missing(database, METADATA[database], left, present)
        command.downgrade(_config(database, connection), target)

    await _alone(database, url, work)
    return True


async def stamp(database: str, url: str, to: str = HEAD) -> None:
    """Write down that the tables are at a version, without touching them.

    A database taken over from an earlier server is at 0001.

    Raises:
        StorageError: there is no such version, or tables of it are missing; says what to do.
    """
    target = _target(database, to)
    claimed = None if target == BASE else target
    if _is_missing_file(checked_url(url, _variable(database))):
        # Asking SQLite would make the file.
        refuse_missing(database, METADATA[database], claimed, ())

    def work(connection: Connection) -> None:
        from alembic import command  # noqa: PLC0415 - see the module's docstring

        present = inspect(connection).get_table_names()
        refuse_missing(database, METADATA[database], claimed, present)
        # Whatever is written down: it may be of a release that this one does not know.
        command.stamp(_config(database, connection), target, purge=True)

    await _alone(database, url, work)


async def check(database: str, url: str) -> list[str]:
    """Return in what the tables differ from what this release expects; empty when in nothing."""
    at, head = await current(database, url), _target(database, HEAD)
    refuse_unknown(database, at, versions(database))
    if at != head:
        return [f"{database} is at version {at or BASE}, not {head}: run parley migrate upgrade"]
    differences: list[str] = []

    def work(connection: Connection) -> None:
        from alembic import command  # noqa: PLC0415 - see the module's docstring
        from alembic.util import AutogenerateDiffsDetected  # noqa: PLC0415 - likewise

        try:
            command.check(_config(database, connection))
        except AutogenerateDiffsDetected as found:
            differences.extend(f"{database}: {told(each)}" for each in each_difference(found.diffs))

    await _alone(database, url, work)
    return differences


@asynccontextmanager
async def locked(database: str, url: str) -> AsyncGenerator[AsyncConnection, None]:
    """Open a transaction that no other migration of this database runs beside.

    On SQLite it is undone as a whole when it fails. MySQL commits each change of a table as it is
    made, which is why the steps of a version can be run again.
    """
    address = checked_url(url, _variable(database))
    engine = _engine(address, isolation_level=None)
    sqlite = address.get_backend_name() == "sqlite"
    if sqlite:
        event.listen(engine.sync_engine, "begin", _begin_immediate)
    try:
        async with engine.begin() as connection:
            if not sqlite:
                await _lock_by_name(connection, f"{database} {address.database}")
            yield connection
    finally:
        await engine.dispose()


@contextmanager
def _explained(operation: str, database: str, stage: Stage = Stage.OPEN) -> Generator[None]:
    """Say of a failure which database it is, and what is wrong with its address."""
    try:
        with translated(operation, stage=stage):
            yield
    except StorageError as error:
        if why := why_refused(error.__cause__):
            raise StorageError(operation, f"{_variable(database)}: {why}") from error
        if isinstance(error, StorageUnavailable):
            raise StorageUnavailable(operation, f"{_variable(database)}: {_AWAY}") from error
        raise


async def _alone(database: str, url: str, work: Callable[[Connection], None]) -> None:
    with _explained("migrate", database):
        async with locked(database, url) as connection:
            await connection.run_sync(work)


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


async def _lock_by_name(connection: AsyncConnection, name: str) -> None:
    # The name of a lock counts for the whole server and has at most 64 characters. The server
    # frees it when the connection closes.
    digest = hashlib.sha256(name.encode()).hexdigest()[:40]
    got = await connection.scalar(
        text("SELECT GET_LOCK(:name, :wait)"), {"name": f"parley-{digest}", "wait": LOCK_WAIT_S}
    )
    if got != 1:
        raise StorageUnavailable("migrate")


def _engine(address: URL, *, isolation_level: str | None) -> AsyncEngine:
    if address.get_backend_name() == "sqlite":
        # None leaves transactions to us: the driver would begin none for a change of tables.
        # Foreign keys stay off, since batch mode drops tables that others refer to.
        return sqlite_engine(
            address, isolation_level=None, lock_wait_s=LOCK_WAIT_S, poolclass=pool.NullPool
        )
    options: dict[str, Any] = (
        {} if isolation_level is None else {"isolation_level": isolation_level}
    )
    return mysql_engine(address, poolclass=pool.NullPool, **options)


def _version(connection: Connection, database: str) -> str | None:
    name = version_table(database)
    if not inspect(connection).has_table(name):
        return None
    return connection.scalar(text(f"SELECT version_num FROM {name}"))  # noqa: S608 - our own name


def _place(database: str, version: str | None) -> int:
    """Return how many versions there are up to this one.

    Raises:
        StorageError: it is one of a newer release.
    """
    known = versions(database)
    if version in (None, BASE):
        return 0
    refuse_unknown(database, version, known)
    return known.index(str(version)) + 1


def _target(database: str, to: str) -> str:
    known = versions(database)
    if to == HEAD:
        return known[-1]
    if to != BASE and to not in known:
        raise StorageError(
            "migrate", f"There is no version {to!r} of {database}; known: {', '.join(known)}"
        )
    return to


def _config(database: str, connection: Connection) -> Any:
    from alembic.config import Config  # noqa: PLC0415 - see the module's docstring

    config = Config(ini_section=database, stdout=io.StringIO())
    for option, value in (
        ("script_location", _FOLDER),
        ("version_locations", _FOLDER / "versions" / database),
        ("path_separator", "newline"),
    ):
        config.set_section_option(database, option, str(value).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _variable(database: str) -> str:
    return f"{database.upper()}_DB_URL"
