"""Pools and their settings, per database."""

import asyncio
import os
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import URL, event, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from adapters.sql import mysql_driver, sqlite_driver
from adapters.sql.dialect import MYSQL
from adapters.sql.its_file import ItsFile
from adapters.sql.json_columns import decoded
from adapters.sql.prepared import Driver
from adapters.sql.writers_connection import WritersConnection
from domain.conversation.letters import small_letters
from domain.errors import NotConfigured
from domain.storage_errors import StorageError

LOCK_WAIT_S = 5
"""How long a statement waits for another transaction, here or in another process."""

_MYSQL_SESSION = (
    # Without strict mode a value too long is cut in silence, and so are MariaDB's lists of rows.
    "SET SESSION sql_mode = CONCAT(@@sql_mode, ',STRICT_TRANS_TABLES'),"
    f" innodb_lock_wait_timeout = {LOCK_WAIT_S}, time_zone = '+00:00',"
    " group_concat_max_len = 1048576"
)


class Pool(Struct, frozen=True):
    """How many connections there are, how long one is waited for, and how long it is kept."""

    size: int = 10
    overflow: int = 10
    """More of them when those are all in use; they are not kept."""
    wait_s: float = 5
    connect_s: float = 5
    recycle_s: float = 900


DEFAULT = Pool()


class Database:
    """One database: its engine, and the turnstile for writers where the engine needs one.

    Nothing connects before the first use. `close` must be awaited once at the end.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        driver: Driver,
        *,
        one_writer: bool,
        pool: Pool = DEFAULT,
        file: ItsFile | None = None,
    ) -> None:
        self.engine = engine
        self.driver = driver
        self.reach_s = pool.wait_s + pool.connect_s
        # SQLite takes one writer at a time. Queueing in the process is several times faster than
        # letting the connections poll for the file lock (stack notes, section 5).
        # A semaphore, because it says whether one would have to wait; a lock with a queue does not.
        self.turnstile = asyncio.Semaphore() if one_writer else None
        # Over a network an answer may be lost on its way; a file answers its own process.
        self.loses_commits = not one_writer
        self.writers = None if file is None else WritersConnection(file)
        """Where the writers of one process queue for one file."""

    async def close(self) -> None:
        """Close every connection."""
        if self.writers is not None:
            await self.writers.close()
        await self.engine.dispose()


def open_database(url: str, pool: Pool = DEFAULT, *, variable: str = "MAIN_DB_URL") -> Database:
    """Return the database behind a URL; for SQLite its folder is made, and no file.

    Raises:
        NotConfigured: the URL names no engine we know; `variable` is where it came from.
    """
    address = checked_url(url, variable)
    pooled = {
        "pool_size": pool.size,
        "max_overflow": pool.overflow,
        "pool_timeout": pool.wait_s,
    }
    if address.get_backend_name() == "sqlite":
        by_name = "uri" not in address.query  # Else the operator says how it is opened.
        engine = sqlite_engine(
            address, isolation_level="IMMEDIATE", makes_file=not by_name, **pooled
        )
        event.listen(engine.sync_engine, "connect", _obey_foreign_keys)
        file = ItsFile(Path(str(address.database))) if by_name else None
        if file is not None:
            file.watch(engine.sync_engine)
        return Database(engine, sqlite_driver.run_together, one_writer=True, pool=pool, file=file)
    engine = mysql_engine(
        address,
        connect_s=pool.connect_s,
        isolation_level="READ COMMITTED",
        pool_pre_ping=True,
        pool_recycle=pool.recycle_s,
        **pooled,
    )
    return Database(engine, mysql_driver.run_together, one_writer=False, pool=pool)


def checked_url(url: str, variable: str) -> URL:
    """Return the parsed URL.

    Raises:
        NotConfigured: it is malformed, or names another engine or driver.
    """
    try:
        address = make_url(url)
    except ArgumentError:
        address = None
    known = {"sqlite+aiosqlite"} | {f"{name}+aiomysql" for name in MYSQL}
    in_memory = (
        address is not None
        and "sqlite" in address.drivername
        and (address.database in {None, "", ":memory:"})
    )
    nameless = address is not None and not address.database
    if address is None or in_memory or nameless or address.drivername not in known:
        # The value itself stays out of the message: it may hold a password.
        raise NotConfigured(
            variable,
            f"{variable} must name a SQLite file or a MySQL server's database, for example"
            " sqlite+aiosqlite:///data/main.db or mysql+aiomysql://parley:secret@localhost/parley",
        )
    return address


def sqlite_engine(
    address: URL,
    *,
    isolation_level: str | None,
    makes_file: bool = True,
    lock_wait_s: float = LOCK_WAIT_S,
    **options: Any,
) -> AsyncEngine:
    """Return an engine on a SQLite file, whose folder is made; with `makes_file` the file too.

    With `isolation_level` "IMMEDIATE" the driver begins a transaction at the first statement that
    writes: reads before it see what is committed at that moment, and a reader can never find
    itself unable to become a writer.

    Raises:
        StorageError: the folder cannot be made or written to, the file is one or may not be used;
            says which it is.
    """
    if address.database:
        _make_place(Path(address.database))
    engine = create_async_engine(
        address,
        connect_args={
            "isolation_level": isolation_level,
            "timeout": lock_wait_s,
            "async_creator_fn": partial(sqlite_driver.connection, makes_file=makes_file),
        },
        # What a statement is about is what users wrote; it must not get into a traceback.
        hide_parameters=True,
        **_JSON,
        **options,
    )
    event.listen(engine.sync_engine, "connect", _set_up_sqlite)
    return engine


def _make_place(file: Path) -> None:
    folder = file.parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        text = f"The folder {folder} cannot be made: {error.strerror}"
        raise StorageError("open", text) from error
    if not os.access(folder, os.W_OK):
        raise StorageError("open", f"The folder {folder} cannot be written to")
    if file.is_dir():
        raise StorageError("open", f"{file} is a folder, and no database")
    if file.exists() and not os.access(file, os.R_OK | os.W_OK):
        raise StorageError("open", f"{file} cannot be read and written by this user")


def mysql_engine(
    address: URL, *, connect_s: float = DEFAULT.connect_s, **options: Any
) -> AsyncEngine:
    """Return an engine on MySQL or MariaDB: four-byte UTF-8, strict, in UTC."""
    return create_async_engine(
        address,
        connect_args={
            "charset": "utf8mb4",
            "connect_timeout": connect_s,
            "init_command": _MYSQL_SESSION,
        },
        hide_parameters=True,
        **_JSON,
        **options,
    )


def _encoded(value: Any) -> str:
    return msgspec.json.encode(value).decode()


_JSON: dict[str, Any] = {
    "json_serializer": _encoded,
    "json_deserializer": decoded,
}


def _lower(value: str | None) -> str | None:
    return None if value is None else value.lower()


def _small_letters(value: str | None) -> str | None:
    return None if value is None else small_letters(value)


def _set_up_sqlite(connection: Any, _record: Any) -> None:
    _run_on(
        connection,
        "PRAGMA journal_mode=WAL",
        "PRAGMA synchronous=NORMAL",
        # What is deleted is overwritten: a deleted account leaves nothing in free pages.
        "PRAGMA secure_delete=ON",
    )
    # SQLite's own lower() knows ASCII only; MySQL's knows nearly all letters.
    connection.create_function("lower", 1, _lower, deterministic=True)
    connection.create_function("small_letters", 1, _small_letters, deterministic=True)


def _obey_foreign_keys(connection: Any, _record: Any) -> None:
    _run_on(connection, "PRAGMA foreign_keys=ON")


def _run_on(connection: Any, *pragmas: str) -> None:
    cursor = connection.cursor()
    for pragma in pragmas:
        cursor.execute(pragma)
    cursor.close()
