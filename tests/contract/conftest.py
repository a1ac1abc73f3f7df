"""The databases and the bucket that the storage suites run on.

SQLite always; MySQL or MariaDB where `TEST_MYSQL_URL` says, else where one answers on the usual
port, else in a container. One scratch database a run, made by the migrations and dropped at the
end.
"""

import asyncio
import os
import secrets
import shutil
import socket
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pymysql
import pytest
from sqlalchemy import URL, delete, make_url

from adapters.memory.clock import ManualClock
from adapters.memory.unit_of_work import MemoryUnitOfWork
from adapters.sql import migrations
from adapters.sql.engine import Database, open_database
from adapters.sql.tables.chat import metadata
from adapters.sql.unit_of_work import SqlUnitOfWork
from application.ports.unit_of_work import UnitOfWork
from tests.contract.file_places import s3_server

MYSQL = pytest.param("mysql", marks=pytest.mark.requires_mysql)


def run_apart(work: Callable[[], Coroutine[Any, Any, Any]]) -> None:
    """Run a coroutine in a thread of its own, since tests have their own loops."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(lambda: asyncio.run(work())).result()


@contextmanager
def mysql_server() -> Iterator[URL]:
    """Give the address of a server where databases may be made."""
    if given := os.environ.get("TEST_MYSQL_URL"):
        yield make_url(given)
        return
    with suppress(OSError), socket.create_connection(("127.0.0.1", 3306), timeout=2):
        yield make_url("mysql+aiomysql://root@127.0.0.1:3306")
        return
    with mysql_container() as address:
        yield address


@contextmanager
def mysql_container() -> Iterator[URL]:
    import docker
    from docker.errors import DockerException
    from testcontainers.mysql import MySqlContainer

    try:
        docker.from_env(timeout=5).ping()
    except DockerException:
        pytest.skip("no MySQL: TEST_MYSQL_URL unset, nothing on 127.0.0.1:3306, no Docker daemon")
    with MySqlContainer("mysql:8.0", username="root") as container:
        address = make_url(container.get_connection_url())
        yield address.set(drivername="mysql+aiomysql", database=None)


def tell_server(address: URL, statement: str) -> None:
    connection = pymysql.connect(
        host=address.host or "127.0.0.1",
        port=address.port or 3306,
        user=address.username,
        password=address.password or "",
    )
    with connection, connection.cursor() as cursor:
        cursor.execute(statement)


@contextmanager
def scratch_database(address: URL) -> Iterator[str]:
    """Make an empty database on the server and drop it afterwards."""
    name = f"parley_test_{secrets.token_hex(6)}"
    tell_server(address, f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
    try:
        yield address.set(database=name).render_as_string(hide_password=False)
    finally:
        tell_server(address, f"DROP DATABASE {name}")


@pytest.fixture(scope="session")
def mysql_address() -> Iterator[URL]:
    with mysql_server() as address:
        yield address


@pytest.fixture(scope="session")
def migrated_mysql_url(mysql_address: URL) -> Iterator[str]:
    with scratch_database(mysql_address) as url:
        run_apart(lambda: migrations.upgrade("main", url))
        yield url


@pytest.fixture(scope="session")
def migrated_sqlite_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("migrated") / "main.db"
    run_apart(lambda: migrations.upgrade("main", f"sqlite+aiosqlite:///{path}"))
    return path


@pytest.fixture
def sqlite_url(migrated_sqlite_file: Path, tmp_path: Path) -> str:
    shutil.copy(migrated_sqlite_file, tmp_path / "main.db")
    return f"sqlite+aiosqlite:///{tmp_path / 'main.db'}"


@pytest.fixture
def mysql_url(migrated_mysql_url: str) -> str:
    return migrated_mysql_url


@pytest.fixture
async def sqlite_database(sqlite_url: str) -> AsyncIterator[Database]:
    database = open_database(sqlite_url)
    yield database
    await closed_without_leaks(database)


@pytest.fixture
async def mysql_database(mysql_url: str) -> AsyncIterator[Database]:
    database = open_database(mysql_url)
    yield database
    async with database.engine.begin() as connection:
        for table in reversed(metadata.sorted_tables):
            await connection.execute(delete(table))
    await closed_without_leaks(database)


async def closed_without_leaks(database: Database) -> None:
    if database.writers is not None:
        await database.writers.close()
    left = database.engine.pool.checkedout()  # type: ignore[attr-defined]
    waiting = database.turnstile is not None and database.turnstile.locked()
    await database.close()
    assert left == 0, f"{left} connections left checked out"
    assert not waiting, "the writers' turnstile is still held"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(params=["sqlite", MYSQL])
def database(request: pytest.FixtureRequest) -> Database:
    """A real database, for what only those can do."""
    return request.getfixturevalue(f"{request.param}_database")


@pytest.fixture
def memory_work(clock: ManualClock) -> MemoryUnitOfWork:
    return MemoryUnitOfWork(clock)


@pytest.fixture
def sqlite_work(sqlite_database: Database, clock: ManualClock) -> SqlUnitOfWork:
    return SqlUnitOfWork(sqlite_database, clock)


@pytest.fixture
def mysql_work(mysql_database: Database, clock: ManualClock) -> SqlUnitOfWork:
    return SqlUnitOfWork(mysql_database, clock)


@pytest.fixture(params=["memory", "sqlite", MYSQL])
def work(request: pytest.FixtureRequest) -> UnitOfWork:
    return request.getfixturevalue(f"{request.param}_work")


@pytest.fixture(scope="session")
def s3_address() -> Iterator[str]:
    with s3_server() as address:
        yield address
