"""Arabic and Hebrew words without the marks of their vowels in what is found of messages.

The index keeps its form: an earlier release works with it.
"""

import re
from collections.abc import Iterator
from typing import Any

from alembic import op
from sqlalchemy import Integer, Row, Text, bindparam, column, select, table

from adapters.sql.steps import keep
from adapters.sql.tokens import row_of
from domain.ids import MessageId, UserId

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

ROWS_AT_ONCE = 1000
MARKED = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
"""A letter or a mark of the writing that has them."""
MESSAGES = table(
    "ChatMessagesNG",
    column("message_id", Integer),
    column("customer_id", Integer),
    column("message", Text),
)
WORDS = table(
    "ChatMessageWords", column("message_id", Integer), column("words", Text), column("pairs", Text)
)
HERE = WORDS.c.message_id == bindparam("message")


def upgrade() -> None:
    put = WORDS.update().where(HERE).values(words=bindparam("said"), pairs=bindparam("two"))
    connection = op.get_bind()
    for rows in batches():
        for row in rows:
            if not MARKED.search(row.message or ""):
                continue
            user, message = UserId(row.customer_id), MessageId(row.message_id)
            found = row_of(connection.dialect.name, user, message, row.message)
            if not found:
                connection.execute(WORDS.delete().where(HERE), {"message": message})
            elif found["words"] != row.words:
                this = {"message": message, "said": found["words"], "two": found["pairs"]}
                connection.execute(put, this)
        keep()


def downgrade() -> None:
    pass


def batches() -> Iterator[list[Row[Any]]]:
    last = 0
    joined = WORDS.join(MESSAGES, WORDS.c.message_id == MESSAGES.c.message_id)
    query = select(
        WORDS.c.message_id, WORDS.c.words, MESSAGES.c.customer_id, MESSAGES.c.message
    ).select_from(joined)
    while True:
        some = query.where(WORDS.c.message_id > last).order_by(WORDS.c.message_id)
        rows = [*op.get_bind().execute(some.limit(ROWS_AT_ONCE))]
        if not rows:
            return
        yield rows
        last = rows[-1].message_id
