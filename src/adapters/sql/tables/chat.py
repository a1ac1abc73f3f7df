"""The tables of the main database, under the names of the contract.

Booleans, JSON and texts get their defaults from the code that writes, so that both engines agree.
The migrations make the tables, never this file. `group_id` has no foreign key: the table it would
name is optional and not ours.
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Enum,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)

from adapters.sql.dialect import Moment, key, login_name, long_text, search_words
from adapters.sql.json_columns import Shape, Shaped, an_object, objects, texts
from adapters.sql.tables.naming import NAMES, SINCE, TYPE_VARIES
from domain.batch import BatchStatus

LIST_ORDER = "ix_ChatSessionsNG_list_order"

metadata = MetaData(naming_convention=NAMES)


def _json(name: str, shape: Shape) -> Column[object]:
    return Column(name, Shaped(shape), nullable=True)


def _flag(name: str) -> Column[bool]:
    return Column(name, Boolean, nullable=False)


def _count(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False)


def _owner() -> Column[int]:
    return Column(
        "customer_id", Integer, ForeignKey("Users.customer_id"), nullable=False, index=True
    )


users = Table(
    "Users",
    metadata,
    Column("customer_id", Integer, primary_key=True, index=True),
    Column("username", login_name(50), nullable=False),
    Column("password", String(100), nullable=False),
    Column("email", login_name(100)),
    Column("created_at", Moment, nullable=False),
    Column("token_version", Integer, nullable=False),
    Index("uq_Users_username", "username", unique=True),
    Index("uq_Users_email", "email", unique=True),
    # Whatever is still known of a deleted user must never pass to the next one.
    sqlite_autoincrement=True,
    info={SINCE: "0001"},
)

sessions = Table(
    "ChatSessionsNG",
    metadata,
    Column("session_id", key(36), primary_key=True, index=True),
    _owner(),
    Column("session_name", String(100)),
    Column("ai_character_name", String(50)),
    Column("ai_text_gen_model", String(50)),
    _flag("auto_trigger_tts"),
    Column("claude_session_id", String(36)),
    _json("tags", texts),
    # A UUID, which databases that are taken over have as CHAR(32), CHAR(36) or a type of its own.
    Column("group_id", key(36), index=True, info={TYPE_VARIES: True}),
    Column("created_at", Moment, nullable=False),
    Column("last_update", Moment, nullable=False),
    Column("task_status", String(10), index=True),
    Column("task_priority", String(10)),
    Column("task_description", String(500)),
    Index("idx_agent_task", "ai_character_name", "task_status"),
    Index(LIST_ORDER, "customer_id", "last_update", "created_at", "session_id"),
    info={SINCE: "0001"},
)

messages = Table(
    "ChatMessagesNG",
    metadata,
    Column("message_id", Integer, primary_key=True),
    Column(
        "session_id", key(36), ForeignKey("ChatSessionsNG.session_id"), nullable=False, index=True
    ),
    _owner(),
    Column("sender", String(255), nullable=False),
    Column("message", long_text()),
    Column("ai_reasoning", long_text()),
    _json("image_locations", texts),
    Column("image_description", Text),
    _json("file_locations", texts),
    _json("chart_data", objects),
    Column("ai_character_name", Text),
    _flag("is_tts"),
    Column("api_text_gen_model_name", Text),
    _json("api_text_gen_settings", an_object),
    Column("api_tts_gen_model_name", Text),
    _json("api_image_gen_settings", an_object),
    _json("image_generation_request", an_object),
    _json("claude_code_data", an_object),
    _flag("is_gps_location_message"),
    _flag("show_transcribe_button"),
    _flag("favorite"),
    _flag("test_mode"),
    Column("responding_agent", String(50)),
    Column("created_at", Moment, nullable=False),
    Column("state", String(16)),
    Column("turn_id", key(36), index=True),
    _json("usage", an_object),
    Column("parent_id", Integer),
    Column("version_of", Integer),
    _flag("replaced"),
    # Finds a conversation's last moment and its reading order without touching the long texts.
    Index("ix_ChatMessagesNG_session_id_created_at", "session_id", "created_at"),
    info={SINCE: "0001"},
)

words = Table(
    "ChatMessageWords",
    metadata,
    # Whoever removes a message removes its words, also by hand.
    Column(
        "message_id",
        Integer,
        ForeignKey("ChatMessagesNG.message_id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("words", search_words(), nullable=False),
    # Of neighbouring words, for MySQL, which does not know which word comes next; else null.
    Column("pairs", search_words()),
    info={SINCE: "0006"},
)
"""What is found of the messages that are shown; each engine has its own index over it."""

prompts = Table(
    "Prompts",
    metadata,
    Column("prompt_id", Integer, primary_key=True),
    _owner(),
    Column("title", String(100), nullable=False),
    Column("prompt", Text, nullable=False),
    info={SINCE: "0001"},
)

turns = Table(
    "ChatTurns",
    metadata,
    Column("turn_id", key(36), primary_key=True),
    _owner(),
    Column("fingerprint", String(64), nullable=False),
    Column("session_id", key(36), nullable=False),
    Column("question_id", Integer, nullable=False),
    Column("answer_id", Integer),
    Column("state", String(16), nullable=False, index=True),
    Column("started_at", Moment, nullable=False),
    info={SINCE: "0002"},
)

usage = Table(
    "UsageRecords",
    metadata,
    Column("turn_id", key(36), primary_key=True),
    Column("customer_id", Integer, ForeignKey("Users.customer_id"), nullable=False),
    Column("at", Moment, nullable=False),
    Column("model", key(100), nullable=False),
    Column("provider", key(100), nullable=False),
    Column("state", String(16), nullable=False),
    _count("input_tokens"),
    _count("cached_input_tokens"),
    _count("cache_written_tokens"),
    _count("output_tokens"),
    _count("reasoning_tokens"),
    _count("reserved_micro_usd"),
    Column("cost_micro_usd", BigInteger),
    # Serves the foreign key too.
    Index("ix_UsageRecords_customer_id_at", "customer_id", "at"),
    info={SINCE: "0003"},
)

batches = Table(
    "batch_jobs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("job_id", key(255), nullable=False),
    Column(
        "customer_id",
        Integer,
        ForeignKey("Users.customer_id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("provider", String(50), nullable=False, index=True),
    Column("model", String(100), nullable=False),
    Column("status", Enum(*BatchStatus, name="batch_job_status"), nullable=False, index=True),
    Column("request_count", Integer, nullable=False),
    *(
        Column(name, Integer)
        for name in ("succeeded_count", "failed_count", "cancelled_count", "expired_count")
    ),
    Column("results_url", String(500)),
    Column("error_message", Text),
    *(Column(name, Moment) for name in ("created_at", "started_at", "completed_at", "expires_at")),
    _json("metadata", an_object),
    Column("provider_batch_id", key(255), index=True),
    Column("provider_input_id", String(255)),
    Column("provider_key", Integer, nullable=False),
    Column("step", String(16), nullable=False, index=True),
    Index("ix_batch_jobs_job_id", "job_id", unique=True),
    Index("idx_status_provider", "status", "provider"),
    Index("idx_customer_created", "customer_id", "created_at"),
    info={SINCE: "0008"},
)

video_jobs = Table(
    "VideoJobs",
    metadata,
    Column("job_id", key(36), primary_key=True),
    Column("customer_id", Integer, ForeignKey("Users.customer_id"), nullable=False),
    Column("state", String(16), nullable=False, index=True),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("job", JSON(none_as_null=True), nullable=False),
    # Serves the foreign key too.
    Index("ix_VideoJobs_customer_id_created_at", "customer_id", "created_at"),
    info={SINCE: "0009"},
)
