"""What is found of messages by their words, with an index in the engine's own manner."""

from collections.abc import Iterator
from typing import Any

from alembic import op
from sqlalchemy import (
    Boolean,
    Column,
    ForeignKeyConstraint,
    Integer,
    Row,
    String,
    Text,
    and_,
    column,
    func,
    select,
    table,
)
from sqlalchemy.dialects import mysql

from adapters.sql.matching import (
    CREATE_IN_SQLITE,
    DROP_IN_SQLITE,
    WORDS_INDEX,
)
from adapters.sql.steps import create_table, drop_table, has_index, keep, on_sqlite
from adapters.sql.tokens import owned
from domain.fulltext.words import indexed
from domain.ids import UserId

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ROWS_AT_ONCE = 1000
MESSAGES = table(
    "ChatMessagesNG",
    column("message_id", Integer),
    column("customer_id", Integer),
    column("message", Text),
    column("state", String),
    column("replaced", Boolean),
)
WORDS = table("ChatMessageWords", column("message_id", Integer), column("words", Text))
TRIGGERS = [f"{WORDS_INDEX}_{when}" for when in ("added", "removed", "changed")]


def upgrade() -> None:
    create_table(
        "ChatMessageWords",
        Column("message_id", Integer, primary_key=True, autoincrement=False),
        Column(
            "words",
            Text().with_variant(
                mysql.MEDIUMTEXT(charset="utf8mb4", collation="utf8mb4_bin"), "mysql", "mariadb"
            ),
            nullable=False,
        ),
        ForeignKeyConstraint(
            ["message_id"],
            ["ChatMessagesNG.message_id"],
            name="fk_ChatMessageWords_message_id_ChatMessagesNG",
            ondelete="CASCADE",
        ),
    )
    if on_sqlite():
        # Without its index the table takes rows; one from before is made anew below.
        for name in TRIGGERS:
            op.execute(f"DROP TRIGGER IF EXISTS {name}")
        op.execute(f"DROP TABLE IF EXISTS {WORDS_INDEX}")
    # On MySQL an index made of what is there already takes a fraction of the time and the place.
    fill()
    if on_sqlite():
        for statement in CREATE_IN_SQLITE:
            op.execute(statement)
    elif not has_index(WORDS_INDEX, "ChatMessageWords"):
        op.execute("CREATE FULLTEXT INDEX ft_ChatMessageWords ON ChatMessageWords (words)")


def downgrade() -> None:
    if on_sqlite():
        op.execute(DROP_IN_SQLITE)
    drop_table("ChatMessageWords")


def fill() -> None:
    """Index the messages that are there; what an interrupted run has done is passed over."""
    for rows in batches():
        found = [
            {"message_id": row.message_id, "words": said}
            for row in rows
            if (said := owned(UserId(row.customer_id), indexed(row.message)))
        ]
        if found:
            op.bulk_insert(WORDS, found)
            keep()


def batches() -> Iterator[list[Row[Any]]]:
    last = 0
    missing = and_(
        MESSAGES.c.replaced.is_(False),
        func.coalesce(MESSAGES.c.state, "") != "running",
        MESSAGES.c.message_id.not_in(select(WORDS.c.message_id)),
    )
    query = select(MESSAGES.c.message_id, MESSAGES.c.customer_id, MESSAGES.c.message)
    while True:
        some = query.where(missing, MESSAGES.c.message_id > last)
        some = some.order_by(MESSAGES.c.message_id).limit(ROWS_AT_ONCE)
        rows = [*op.get_bind().execute(some)]
        if not rows:
            return
        yield rows
        last = rows[-1].message_id
