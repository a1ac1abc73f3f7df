"""Pairs of neighbouring words, by which MySQL finds phrases, in its index."""

from collections.abc import Iterator
from typing import Any

from alembic import op
from sqlalchemy import Column, Integer, Row, Text, bindparam, column, inspect, select, table
from sqlalchemy.dialects import mysql

from adapters.sql.matching import (
    CREATE_IN_MYSQL,
    CREATE_IN_SQLITE,
    DROP_IN_SQLITE,
    WORDS_INDEX,
)
from adapters.sql.steps import add_columns, drop_columns, drop_index, keep, on_sqlite
from adapters.sql.tokens import pairs_of
from domain.ids import UserId

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

ROWS_AT_ONCE = 1000
NAME = "ChatMessageWords"
WORDS = table(NAME, column("message_id", Integer), column("words", Text), column("pairs", Text))
WORDS_ALONE = f"CREATE FULLTEXT INDEX {WORDS_INDEX} ON {NAME} (words)"


def upgrade() -> None:
    exact = mysql.MEDIUMTEXT(charset="utf8mb4", collation="utf8mb4_bin")
    pairs = Column("pairs", Text().with_variant(exact, "mysql", "mariadb"))
    if on_sqlite():
        add_columns(NAME, pairs)
        return
    if is_done():
        # Dropped and made again over the same rows, MariaDB 10.11's index finds none of them.
        return
    drop_index(WORDS_INDEX, NAME)
    add_columns(NAME, pairs)
    fill()
    op.execute(CREATE_IN_MYSQL)


def downgrade() -> None:
    if on_sqlite():
        # The triggers that keep the index in step go with the table that has the column.
        op.execute(DROP_IN_SQLITE)
        drop_columns(NAME, "pairs")
        for statement in CREATE_IN_SQLITE:
            op.execute(statement)
        return
    drop_index(WORDS_INDEX, NAME)
    drop_columns(NAME, "pairs")
    op.execute(WORDS_ALONE)


def is_done() -> bool:
    """Return whether the index has the pairs already."""
    found = [one for one in inspect(op.get_bind()).get_indexes(NAME) if one["name"] == WORDS_INDEX]
    return any("pairs" in one["column_names"] for one in found)


def fill() -> None:
    here = WORDS.c.message_id == bindparam("message")
    put = WORDS.update().where(here).values(pairs=bindparam("found"))
    for rows in batches():
        found = [{"message": row.message_id, "found": of(row.words)} for row in rows]
        op.get_bind().execute(put, found)
        keep()


def batches() -> Iterator[list[Row[Any]]]:
    last = 0
    while True:
        some = select(WORDS.c.message_id, WORDS.c.words).where(WORDS.c.message_id > last)
        rows = [*op.get_bind().execute(some.order_by(WORDS.c.message_id).limit(ROWS_AT_ONCE))]
        if not rows:
            return
        yield rows
        last = rows[-1].message_id


def of(words: str) -> str | None:
    """Return the pairs of words that have their owner's number before them."""
    owner, _, _ = words.partition("_")
    return pairs_of(UserId(int(owner[1:])), [word[len(owner) + 1 :] for word in words.split(" ")])
