"""The tables of the contract, as a deployment that is taken over has them."""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Integer,
    String,
    Text,
    func,
)

from adapters.sql.steps import create_index, create_table, drop_table, key, login_name, owned

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_table(
        "Users",
        Column("customer_id", Integer, primary_key=True),
        Column("username", login_name(50), nullable=False),
        Column("password", String(100), nullable=False),
        Column("email", login_name(100)),
        Column("created_at", DateTime, nullable=False, server_default=func.current_timestamp()),
    )
    create_index("ix_Users_customer_id", "Users", "customer_id")

    create_table(
        "ChatSessionsNG",
        Column("session_id", key(36), primary_key=True),
        Column("customer_id", Integer, nullable=False),
        Column("session_name", String(100)),
        Column("ai_character_name", String(50)),
        Column("ai_text_gen_model", String(50)),
        Column("auto_trigger_tts", Boolean, nullable=False),
        Column("claude_session_id", String(36)),
        Column("tags", JSON),
        Column("group_id", key(36)),
        Column("created_at", DateTime, nullable=False),
        Column("last_update", DateTime, nullable=False),
        Column("task_status", String(10)),
        Column("task_priority", String(10)),
        Column("task_description", String(500)),
        owned("ChatSessionsNG"),
    )
    for column in ("session_id", "customer_id", "group_id", "task_status"):
        create_index(f"ix_ChatSessionsNG_{column}", "ChatSessionsNG", column)
    create_index("idx_agent_task", "ChatSessionsNG", "ai_character_name", "task_status")

    create_table(
        "ChatMessagesNG",
        Column("message_id", Integer, primary_key=True),
        Column("session_id", key(36), nullable=False),
        Column("customer_id", Integer, nullable=False),
        Column("sender", String(255), nullable=False),
        Column("message", Text),
        Column("ai_reasoning", Text),
        Column("image_locations", JSON),
        Column("image_description", Text),
        Column("file_locations", JSON),
        Column("chart_data", JSON),
        Column("ai_character_name", Text),
        Column("is_tts", Boolean, nullable=False),
        Column("api_text_gen_model_name", Text),
        Column("api_text_gen_settings", JSON),
        Column("api_tts_gen_model_name", Text),
        Column("api_image_gen_settings", JSON),
        Column("image_generation_request", JSON),
        Column("claude_code_data", JSON),
        Column("is_gps_location_message", Boolean, nullable=False),
        Column("show_transcribe_button", Boolean, nullable=False),
        Column("favorite", Boolean, nullable=False),
        Column("test_mode", Boolean, nullable=False),
        Column("responding_agent", String(50)),
        Column("created_at", DateTime, nullable=False),
        ForeignKeyConstraint(
            ["session_id"],
            ["ChatSessionsNG.session_id"],
            name="fk_ChatMessagesNG_session_id_ChatSessionsNG",
        ),
        owned("ChatMessagesNG"),
    )
    for column in ("session_id", "customer_id"):
        create_index(f"ix_ChatMessagesNG_{column}", "ChatMessagesNG", column)

    create_table(
        "Prompts",
        Column("prompt_id", Integer, primary_key=True),
        Column("customer_id", Integer, nullable=False),
        Column("title", String(100), nullable=False),
        Column("prompt", Text, nullable=False),
        owned("Prompts"),
    )
    create_index("ix_Prompts_customer_id", "Prompts", "customer_id")


def downgrade() -> None:
    for table in ("Prompts", "ChatMessagesNG", "ChatSessionsNG", "Users"):
        drop_table(table)
