"""What a message follows, and the versions of it that an edit has replaced."""

from alembic import op
from sqlalchemy import Boolean, Column, Integer, column, false, table

from adapters.sql.steps import add_columns, drop_columns

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

MESSAGES = table("ChatMessagesNG", column("replaced", Boolean))


def upgrade() -> None:
    add_columns(
        "ChatMessagesNG",
        Column("parent_id", Integer),
        Column("version_of", Integer),
        Column("replaced", Boolean, nullable=False, server_default=false()),
    )


def downgrade() -> None:
    # The earlier tables know one version only: the one that is shown.
    op.execute(MESSAGES.delete().where(MESSAGES.c.replaced))
    drop_columns("ChatMessagesNG", "parent_id", "version_of", "replaced")
