"""The SQLite connection behaves like aiosqlite's own, with fewer visits to its thread."""

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.sql.sqlite_driver import SqliteConnection, connection


@pytest.fixture
async def line(tmp_path: Path) -> AsyncIterator[SqliteConnection]:
    opened = connection(str(tmp_path / "one.db"), isolation_level="IMMEDIATE")
    await opened
    await opened.cursor().execute("CREATE TABLE words (id INTEGER PRIMARY KEY, word TEXT)")
    yield opened
    await opened.close()


async def words(line: SqliteConnection) -> list[str]:
    cursor = line.cursor()
    await cursor.execute("SELECT word FROM words ORDER BY id")
    return [word for (word,) in await cursor.fetchall()]


async def test_a_statement_tells_what_it_did(line: SqliteConnection) -> None:
    cursor = line.cursor()
    await cursor.execute("INSERT INTO words (word) VALUES (?)", ("one",))
    assert (cursor.lastrowid, cursor.rowcount, cursor.description) == (1, 1, None)
    await cursor.executemany("INSERT INTO words (word) VALUES (?)", [("two",), ("three",)])
    assert cursor.rowcount == 2
    assert await words(line) == ["one", "two", "three"]


async def test_rows_are_given_once(line: SqliteConnection) -> None:
    cursor = line.cursor()
    await cursor.execute("SELECT 1")
    assert await cursor.fetchall() == [(1,)]
    assert await cursor.fetchall() == []


async def test_a_rollback_undoes_what_is_not_committed(line: SqliteConnection) -> None:
    await line.cursor().execute("INSERT INTO words (word) VALUES ('kept')")
    await line.commit()
    await line.cursor().execute("INSERT INTO words (word) VALUES ('lost')")
    await line.rollback()
    assert await words(line) == ["kept"]


async def test_a_rollback_waits_for_a_statement_whose_caller_was_cancelled(
    line: SqliteConnection,
) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def hold() -> None:
        begun.set()
        go_on.wait()

    await line.create_function("hold", 0, hold)
    writing = asyncio.create_task(
        line.cursor().execute("INSERT INTO words (word) SELECT coalesce(hold(), 'lost')")
    )
    await asyncio.to_thread(begun.wait)
    writing.cancel()
    await asyncio.wait([writing])
    undone = asyncio.create_task(line.rollback())
    go_on.set()
    await undone
    assert writing.cancelled()
    assert await words(line) == []
