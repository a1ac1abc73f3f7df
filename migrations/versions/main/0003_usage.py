"""What answers took: with each of them, and one record a turn to add up."""

from sqlalchemy import JSON, BigInteger, Column, Integer, String

from adapters.sql.steps import (
    add_columns,
    create_index,
    create_table,
    drop_columns,
    drop_table,
    key,
    moment,
    owned,
)

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

COUNTS = (
    "input_tokens",
    "cached_input_tokens",
    "cache_written_tokens",
    "output_tokens",
    "reasoning_tokens",
    "reserved_micro_usd",
)


def upgrade() -> None:
    add_columns("ChatMessagesNG", Column("usage", JSON))
    create_table(
        "UsageRecords",
        Column("turn_id", key(36), primary_key=True),
        Column("customer_id", Integer, nullable=False),
        Column("at", moment(), nullable=False),
        Column("model", key(100), nullable=False),
        Column("provider", key(100), nullable=False),
        Column("state", String(16), nullable=False),
        *(Column(name, BigInteger, nullable=False) for name in COUNTS),
        Column("cost_micro_usd", BigInteger),
        owned("UsageRecords"),
    )
    create_index("ix_UsageRecords_customer_id_at", "UsageRecords", "customer_id", "at")


def downgrade() -> None:
    drop_table("UsageRecords")
    drop_columns("ChatMessagesNG", "usage")
