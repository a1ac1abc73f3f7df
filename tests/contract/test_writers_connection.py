"""SQLite's writers hand one connection on from one to the next."""

from collections.abc import Iterator

import pytest
from sqlalchemy import event

from adapters.sql.engine import Database
from adapters.sql.unit_of_work import SqlUnitOfWork
from domain.errors import AlreadyExists


@pytest.fixture
def taken(sqlite_database: Database) -> Iterator[list[object]]:
    """Every connection that was taken from the pool."""
    found: list[object] = []

    def note(connection: object, *_: object) -> None:
        found.append(connection)

    engine = sqlite_database.engine.sync_engine
    event.listen(engine, "checkout", note)
    yield found
    event.remove(engine, "checkout", note)


async def add(work: SqlUnitOfWork, name: str) -> None:
    await work.run(lambda db: db.accounts.add(name, "hash", None))


async def names(work: SqlUnitOfWork) -> list[str]:
    async with work() as db:
        return [account.username for account in await db.accounts.all()]


async def test_writers_take_one_connection_for_all_of_them(
    sqlite_work: SqlUnitOfWork, taken: list[object]
) -> None:
    for name in ("anna", "boris", "cleo"):
        await add(sqlite_work, name)
    assert len(taken) == 1
    assert await names(sqlite_work) == ["anna", "boris", "cleo"], "readers see what they wrote"
    assert len(taken) == 2, "and have connections of their own"


async def test_a_connection_on_which_a_write_failed_is_not_handed_on(
    sqlite_work: SqlUnitOfWork, taken: list[object]
) -> None:
    await add(sqlite_work, "anna")
    with pytest.raises(AlreadyExists):
        await add(sqlite_work, "anna")
    assert len(taken) == 1
    await add(sqlite_work, "boris")
    assert len(taken) == 2
    assert await names(sqlite_work) == ["anna", "boris"]


async def test_a_reader_that_becomes_a_writer_gives_its_own_connection_back(
    sqlite_work: SqlUnitOfWork, sqlite_database: Database, taken: list[object]
) -> None:
    await add(sqlite_work, "anna")
    async with sqlite_work() as db:
        assert len(await db.accounts.all()) == 1
        await db.accounts.add("boris", "hash", None)
    await add(sqlite_work, "cleo")
    assert len(taken) == 2
    assert sqlite_database.engine.pool.checkedout() == 1, "the one that writers hand on"  # type: ignore[attr-defined]
