"""What goes into a real database comes out of it the same, whoever looks."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Enum,
    Integer,
    String,
    insert,
    select,
    text,
)
from sqlalchemy.types import TypeDecorator

from adapters.sql.engine import Database, Pool, open_database
from adapters.sql.json_columns import Shape, Shaped, an_object, objects, texts
from adapters.sql.tables.chat import messages, metadata
from application.ports.unit_of_work import UnitOfWork
from tests.contract.test_unit_of_work import end_other_connections

OWL = "🦉 東京 é"
MOMENT = datetime(2026, 3, 29, 1, 59, 59, 123457, tzinfo=timezone(timedelta(hours=5, minutes=45)))
JSON_VALUE = {OWL: [OWL, None, 2**53 + 1, True, {"": 0.1}]}
SHAPES: Mapping[Shape, object] = {texts: [OWL, ""], objects: [JSON_VALUE], an_object: JSON_VALUE}
LONG = OWL * 10_000


async def test_a_statement_sees_what_was_committed_when_it_began(work: UnitOfWork) -> None:
    async with work() as reader:
        assert await reader.accounts.all() == []
        async with work() as writer:
            await writer.accounts.add("anna", "hash", None)
        assert [account.username for account in await reader.accounts.all()] == ["anna"]


@pytest.mark.requires_mysql
async def test_every_connection_to_mysql_is_set_up(mysql_url: str) -> None:
    database = open_database(mysql_url, Pool(size=2, overflow=1))
    asked = text("SELECT @@time_zone, @@character_set_connection, @@innodb_lock_wait_timeout")
    for _ in range(2):
        async with AsyncExitStack() as held:
            for _ in range(3):
                connection = await held.enter_async_context(database.engine.connect())
                assert await connection.get_isolation_level() == "READ COMMITTED"
                assert tuple((await connection.execute(asked)).one()) == ("+00:00", "utf8mb4", 5)
        await end_other_connections(database)
    await database.close()


def a_value(column: Column[Any]) -> Any:
    if isinstance(column.type, Shaped):
        return SHAPES[column.type.shape]
    kind = column.type.impl if isinstance(column.type, TypeDecorator) else column.type
    match kind:
        case JSON():
            return JSON_VALUE
        case Boolean():
            return True
        case BigInteger():
            return 2**53 + 1
        case Integer():
            return 1
        case DateTime():
            return MOMENT
        case Enum():
            return kind.enums[0]
        case String():
            return OWL
    raise AssertionError(f"no value for {column}")


async def test_every_column_of_every_table(database: Database) -> None:
    """Emoji in each text, key and JSON value; aware moments to the microsecond, given anywhere."""
    expected = MOMENT.astimezone(UTC)
    for table in metadata.sorted_tables:
        row = {column.name: a_value(column) for column in table.c}
        async with database.engine.begin() as connection:
            await connection.execute(insert(table).values(row))
            found = (await connection.execute(select(table))).mappings().one()
        assert dict(found) == row
        moments = [value for value in found.values() if isinstance(value, datetime)]
        assert {moment.isoformat() for moment in moments} <= {expected.isoformat()}


async def test_texts_beyond_64_kibibytes(database: Database) -> None:
    async with database.engine.begin() as connection:
        for table in metadata.sorted_tables:
            row = {column.name: a_value(column) for column in table.c}
            if table is messages:
                row |= {"message": LONG, "ai_reasoning": LONG, "chart_data": [{"a": LONG}]}
            await connection.execute(insert(table).values(row))
        found = (await connection.execute(select(messages))).mappings().one()
    assert (found["message"], found["ai_reasoning"]) == (LONG, LONG)
    assert found["chart_data"] == [{"a": LONG}]
