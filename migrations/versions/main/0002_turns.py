"""What Parley adds: turns, long answers, moments to the microsecond, unique names.

What may refuse to go on is asked before anything is changed.
"""

from alembic import op
from sqlalchemy import Column, ColumnElement, Integer, String, column, func, select, table, update

from adapters.sql.inherited import date_undated, refuse_unfit
from adapters.sql.steps import (
    add_columns,
    create_index,
    create_table,
    drop_columns,
    drop_index,
    drop_table,
    key,
    modify_in_mysql,
    moment,
    on_sqlite,
    owned,
)
from domain.storage_errors import StorageError

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

USERS = table("Users", column("customer_id"), column("username"), column("email"))
SHOWN = 5


def upgrade() -> None:
    for name in ("username", "email"):
        refuse_duplicates(name, USERS.c[name])
    refuse_unfit("Users", "ChatSessionsNG", "ChatMessagesNG", "Prompts", "batch_jobs")
    # An empty address is no address; a unique index lets any number of nulls pass.
    op.execute(update(USERS).where(USERS.c.email == "").values(email=None))

    date_undated("Users", "created_at")
    date_undated("ChatSessionsNG", "created_at", "last_update")
    date_undated("ChatMessagesNG", "created_at")

    add_columns("ChatMessagesNG", Column("state", String(16)), Column("turn_id", key(36)))
    modify_in_mysql("Users", "created_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6)")
    modify_in_mysql(
        "ChatSessionsNG", "created_at DATETIME(6) NOT NULL", "last_update DATETIME(6) NOT NULL"
    )
    modify_in_mysql(
        "ChatMessagesNG",
        "created_at DATETIME(6) NOT NULL",
        "message MEDIUMTEXT",
        "ai_reasoning MEDIUMTEXT",
    )

    create_table(
        "ChatTurns",
        Column("turn_id", key(36), primary_key=True),
        Column("customer_id", Integer, nullable=False),
        Column("fingerprint", String(64), nullable=False),
        Column("session_id", key(36), nullable=False),
        Column("question_id", Integer, nullable=False),
        Column("answer_id", Integer),
        Column("state", String(16), nullable=False),
        Column("started_at", moment(), nullable=False),
        owned("ChatTurns"),
    )
    create_index("ix_ChatTurns_customer_id", "ChatTurns", "customer_id")
    create_index("ix_ChatTurns_state", "ChatTurns", "state")

    create_index("uq_Users_username", "Users", "username", unique=True)
    create_index("uq_Users_email", "Users", "email", unique=True)
    create_index(
        "ix_ChatSessionsNG_customer_id_last_update", "ChatSessionsNG", "customer_id", "last_update"
    )
    create_index(
        "ix_ChatMessagesNG_session_id_created_at", "ChatMessagesNG", "session_id", "created_at"
    )
    create_index("ix_ChatMessagesNG_turn_id", "ChatMessagesNG", "turn_id")


def downgrade() -> None:
    # First what a database may refuse: an answer longer than TEXT stops the downgrade here.
    modify_in_mysql("ChatMessagesNG", "message TEXT", "ai_reasoning TEXT")
    drop_table("ChatTurns")
    drop_index("ix_ChatMessagesNG_turn_id", "ChatMessagesNG")
    drop_index("ix_ChatMessagesNG_session_id_created_at", "ChatMessagesNG")
    drop_index("ix_ChatSessionsNG_customer_id_last_update", "ChatSessionsNG")
    drop_index("uq_Users_email", "Users")
    drop_index("uq_Users_username", "Users")
    modify_in_mysql("ChatMessagesNG", "created_at DATETIME NOT NULL")
    modify_in_mysql(
        "ChatSessionsNG", "created_at DATETIME NOT NULL", "last_update DATETIME NOT NULL"
    )
    modify_in_mysql("Users", "created_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP")
    drop_columns("ChatMessagesNG", "state", "turn_id")


def refuse_duplicates(name: str, values: ColumnElement[str]) -> None:
    """Stop with one line that names the accounts which keep a column from being unique."""
    same = values.collate("NOCASE") if on_sqlite() else values
    connection = op.get_bind()
    doubled = list(
        connection.scalars(
            select(func.min(values))
            .where(values != "")
            .group_by(same)
            .having(func.count() > 1)
            .order_by(func.min(USERS.c.customer_id))
        )
    )
    if not doubled:
        return
    groups: list[str] = []
    for value in doubled[:SHOWN]:
        accounts = select(USERS.c.customer_id).where(same == value).order_by(USERS.c.customer_id)
        groups.append("customer_id " + ", ".join(map(str, connection.scalars(accounts))))
    more = f" and {len(doubled) - SHOWN} groups more" if len(doubled) > SHOWN else ""
    raise StorageError(
        "migrate",
        f"Users.{name} must be unique before this upgrade, but these accounts share one:"
        f" {'; '.join(groups)}{more}. Change all but one of each, then run it again."
        " Nothing has been changed.",
    )
