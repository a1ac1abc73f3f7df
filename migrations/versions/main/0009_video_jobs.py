"""Clips that have been ordered: they outlive the process that watches over them."""

from sqlalchemy import JSON, Column, Integer, String

from adapters.sql.steps import create_index, create_table, drop_table, key, moment, owned

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_table(
        "VideoJobs",
        Column("job_id", key(36), primary_key=True),
        Column("customer_id", Integer, nullable=False),
        Column("state", String(16), nullable=False),
        Column("created_at", moment(), nullable=False),
        Column("updated_at", moment(), nullable=False),
        Column("job", JSON, nullable=False),
        owned("VideoJobs"),
    )
    create_index("ix_VideoJobs_customer_id_created_at", "VideoJobs", "customer_id", "created_at")
    create_index("ix_VideoJobs_state", "VideoJobs", "state")


def downgrade() -> None:
    drop_table("VideoJobs")
