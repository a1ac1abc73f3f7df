"""Tokens that can be revoked, and ids of users that are never given twice."""

from alembic import op
from sqlalchemy import Column, Integer, String, column, func, select, table

from adapters.sql.steps import (
    add_columns,
    create_index,
    drop_columns,
    login_name,
    moment,
    on_sqlite,
)

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

NAMES = ("customer_id", "username", "password", "email", "created_at")


def upgrade() -> None:
    add_columns("Users", token_version())
    if on_sqlite():
        # MySQL never gives an id twice as it is.
        remake(token_version(), sqlite_autoincrement=True)


def downgrade() -> None:
    if on_sqlite():
        remake()
    else:
        drop_columns("Users", "token_version")


def token_version() -> Column[int]:
    return Column("token_version", Integer, nullable=False, server_default="0")


def remake(*more: Column[int], **options: bool) -> None:
    """Give SQLite a new table of users; batch mode would lose that the case of names is folded."""
    op.create_table(
        "Users_new",
        Column("customer_id", Integer, primary_key=True),
        Column("username", login_name(50), nullable=False),
        Column("password", String(100), nullable=False),
        Column("email", login_name(100)),
        Column("created_at", moment(), nullable=False, server_default=func.current_timestamp()),
        *more,
        **options,
    )
    names = (*NAMES, *(added.name for added in more))
    old = table("Users", *(column(name) for name in names))
    new = table("Users_new", *(column(name) for name in names))
    op.execute(new.insert().from_select(names, select(old)))
    op.drop_table("Users")
    op.rename_table("Users_new", "Users")
    create_index("ix_Users_customer_id", "Users", "customer_id")
    for name in ("username", "email"):
        create_index(f"uq_Users_{name}", "Users", name, unique=True)
