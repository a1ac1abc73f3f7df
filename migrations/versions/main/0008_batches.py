"""Batches: the contract's table, and where the work on each of them stands."""

from alembic import op
from sqlalchemy import (
    JSON,
    Column,
    DateTime,
    Enum,
    ForeignKeyConstraint,
    Integer,
    String,
    Text,
    func,
)

from adapters.sql.steps import (
    add_columns,
    create_index,
    create_table,
    drop_index,
    drop_table,
    key,
    modify_in_mysql,
    moment,
)

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

STATUSES = ("queued", "processing", "completed", "failed", "cancelled", "expired")
MOMENTS = ("created_at", "started_at", "completed_at", "expires_at")
COUNTS = ("succeeded_count", "failed_count", "cancelled_count", "expired_count")


def upgrade() -> None:
    create_table(
        "batch_jobs",
        Column("id", Integer, primary_key=True),
        Column("job_id", key(255), nullable=False),
        Column("customer_id", Integer, nullable=False),
        Column("provider", String(50), nullable=False),
        Column("model", String(100), nullable=False),
        Column("status", Enum(*STATUSES, name="batch_job_status"), nullable=False),
        Column("request_count", Integer, nullable=False),
        *(Column(name, Integer) for name in COUNTS),
        Column("results_url", String(500)),
        Column("error_message", Text),
        Column("created_at", DateTime, server_default=func.current_timestamp()),
        *(Column(name, moment()) for name in MOMENTS[1:]),
        Column("metadata", JSON),
        ForeignKeyConstraint(
            ["customer_id"],
            ["Users.customer_id"],
            name="fk_batch_jobs_customer_id_Users",
            ondelete="CASCADE",
        ),
    )
    # A table that was there already is an older server's, whose moments have whole seconds.
    modify_in_mysql(
        "batch_jobs",
        "job_id VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL",
        "created_at DATETIME(6) DEFAULT CURRENT_TIMESTAMP(6)",
        *(f"{name} DATETIME(6) NULL" for name in MOMENTS[1:]),
    )
    add_columns(
        "batch_jobs",
        Column("provider_batch_id", key(255)),
        Column("provider_input_id", String(255)),
        Column("provider_key", Integer, nullable=False, server_default="0"),
        Column("step", String(16), nullable=False, server_default="settled"),
    )
    # What that server had not finished is looked at again, and expires in its turn.
    op.execute("UPDATE batch_jobs SET step = 'waiting' WHERE status IN ('queued', 'processing')")
    create_index("ix_batch_jobs_job_id", "batch_jobs", "job_id", unique=True)
    drop_index("job_id", "batch_jobs")  # The same, under the name that MySQL gives by itself.
    for name in ("customer_id", "provider", "status", "step", "provider_batch_id"):
        create_index(f"ix_batch_jobs_{name}", "batch_jobs", name)
    create_index("idx_status_provider", "batch_jobs", "status", "provider")
    create_index("idx_customer_created", "batch_jobs", "customer_id", "created_at")


def downgrade() -> None:
    drop_table("batch_jobs")
