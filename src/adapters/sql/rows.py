"""Row ↔ domain struct."""

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import RowMapping

from domain.account import Account
from domain.batch import BatchCounts, BatchJob, BatchStatus, BatchStep, BatchTicket
from domain.conversation.conversation import (
    DEFAULT_CHARACTER,
    NEW_NAME,
    AnswerState,
    Conversation,
    Sender,
    StoredMessage,
)
from domain.conversation.saved_prompt import SavedPrompt
from domain.ids import BatchId, ConversationId, MessageId, PromptId, TurnId, UserId
from domain.turn.record import TurnRecord
from domain.usage import UsageRecord

_FLAGS = ("is_tts", "is_gps_location_message", "show_transcribe_button", "favorite", "test_mode")
_TEXTS = (
    "message",
    "ai_reasoning",
    "image_description",
    "ai_character_name",
    "api_text_gen_model_name",
    "api_tts_gen_model_name",
)
_LISTS = ("image_locations", "file_locations")
_OBJECTS = (
    "api_text_gen_settings",
    "api_image_gen_settings",
    "image_generation_request",
    "claude_code_data",
)

_SENDERS = {sender.lower(): sender for sender in Sender}
"""A row taken over may spell it otherwise, or name somebody we do not know."""

_EPOCH = datetime.fromtimestamp(0, UTC)
"""When what has no moment was made."""

_NEW_MESSAGE: dict[str, Any] = {
    **dict.fromkeys(_TEXTS),
    **dict.fromkeys(_LISTS, ()),
    **dict.fromkeys(_OBJECTS),
    **dict.fromkeys(_FLAGS, False),
    "chart_data": None,
    "state": None,
    "turn_id": None,
    "usage": None,
    "parent_id": None,
    "version_of": None,
    "replaced": False,
}
CHANGEABLE = frozenset(_NEW_MESSAGE)
"""Columns of a message that may change once it is written."""


def account_of(row: RowMapping) -> Account:
    """Return the user of a row."""
    return Account(
        id=UserId(row["customer_id"]),
        username=row["username"],
        password_hash=row["password"],
        email=row["email"],
        created_at=row["created_at"],
        token_version=row["token_version"],
    )


def account_row(account: Account) -> dict[str, Any]:
    """Return the row of a new user, who has no id yet."""
    return {
        "username": account.username,
        "password": account.password_hash,
        "email": account.email,
        "created_at": account.created_at,
        "token_version": account.token_version,
    }


def conversation_of(row: RowMapping) -> Conversation:
    """Return the conversation of a row; what an older server left null gets its default."""
    return Conversation(
        id=ConversationId(row["session_id"]),
        owner=UserId(row["customer_id"]),
        name=row["session_name"] or NEW_NAME,
        character=row["ai_character_name"] or DEFAULT_CHARACTER,
        model=row["ai_text_gen_model"],
        auto_trigger_tts=bool(row["auto_trigger_tts"]),
        claude_session_id=row["claude_session_id"],
        tags=tuple(row["tags"] or ()),
        group_id=row["group_id"],
        task_status=row["task_status"],
        task_priority=row["task_priority"],
        task_description=row["task_description"],
        created_at=row["created_at"],
        last_update=row["last_update"],
    )


def conversation_row(conversation: Conversation) -> dict[str, Any]:
    """Return the row of a conversation."""
    return {
        "session_id": conversation.id,
        "customer_id": conversation.owner,
        "session_name": storable(conversation.name),
        "ai_character_name": storable(conversation.character),
        "ai_text_gen_model": storable(conversation.model),
        "auto_trigger_tts": conversation.auto_trigger_tts,
        "claude_session_id": storable(conversation.claude_session_id),
        "tags": storable(conversation.tags),
        "group_id": conversation.group_id,
        "task_status": conversation.task_status,
        "task_priority": conversation.task_priority,
        "task_description": conversation.task_description,
        "created_at": conversation.created_at,
        "last_update": conversation.last_update,
    }


def message_of(row: RowMapping) -> StoredMessage:
    """Return the message of a row; null lists and objects read as empty ones."""
    charts = row["chart_data"]
    state, turn = row["state"], row["turn_id"]
    columns: dict[str, Any] = {name: row[name] for name in _TEXTS}
    columns.update({name: tuple(row[name] or ()) for name in _LISTS})
    columns.update({name: row[name] or {} for name in _OBJECTS})
    columns.update({name: bool(row[name]) for name in _FLAGS})
    return StoredMessage(
        message_id=MessageId(row["message_id"]),
        session_id=ConversationId(row["session_id"]),
        customer_id=UserId(row["customer_id"]),
        sender=_SENDERS.get((row["sender"] or "").lower(), Sender.SYSTEM),
        created_at=row["created_at"],
        chart_data=None if charts is None else tuple(charts),
        state=None if state is None else AnswerState(state),
        turn_id=None if turn is None else TurnId(turn),
        usage=row["usage"],
        parent_id=_message_id(row["parent_id"]),
        version_of=_message_id(row["version_of"]),
        replaced=bool(row["replaced"]),
        **columns,
    )


def _message_id(value: int | None) -> MessageId | None:
    return None if value is None else MessageId(value)


def message_row(stated: Mapping[str, Any]) -> dict[str, Any]:
    """Return all changeable columns of a new message, of which some are stated.

    All of them, always: one shape of statement is compiled once.
    """
    return {**_NEW_MESSAGE, **{name: storable(value) for name, value in stated.items()}}


def prompt_of(row: RowMapping) -> SavedPrompt:
    """Return the saved prompt of a row."""
    return SavedPrompt(
        PromptId(row["prompt_id"]),
        UserId(row["customer_id"]),
        row["title"] or "",
        row["prompt"] or "",
    )


def turn_of(row: RowMapping) -> TurnRecord:
    """Return the turn of a row."""
    answer = row["answer_id"]
    return TurnRecord(
        turn=TurnId(row["turn_id"]),
        user=UserId(row["customer_id"]),
        fingerprint=row["fingerprint"],
        conversation=ConversationId(row["session_id"]),
        question=MessageId(row["question_id"]),
        answer=None if answer is None else MessageId(answer),
        state=AnswerState(row["state"]),
        started_at=row["started_at"],
    )


def turn_row(record: TurnRecord) -> dict[str, Any]:
    """Return the row of a turn."""
    return {
        "turn_id": record.turn,
        "customer_id": record.user,
        "fingerprint": record.fingerprint,
        "session_id": record.conversation,
        "question_id": record.question,
        "answer_id": record.answer,
        "state": record.state.value,
        "started_at": record.started_at,
    }


def usage_row(record: UsageRecord) -> dict[str, Any]:
    """Return the row of what a turn used."""
    return {
        "turn_id": record.turn,
        "customer_id": record.user,
        "at": record.at,
        "model": storable(record.model),
        "provider": storable(record.provider),
        "state": record.state.value,
        "input_tokens": record.input_tokens,
        "cached_input_tokens": record.cached_input_tokens,
        "cache_written_tokens": record.cache_written_tokens,
        "output_tokens": record.output_tokens,
        "reasoning_tokens": record.reasoning_tokens,
        "reserved_micro_usd": record.reserved_micro_usd,
        "cost_micro_usd": record.cost_micro_usd,
    }


def batch_of(row: RowMapping) -> BatchJob:
    """Return the job of a row; what an older server left null gets its default."""
    told: dict[str, Any] = row["metadata"] or {}
    ticket = row["provider_batch_id"]
    return BatchJob(
        id=BatchId(row["job_id"]),
        owner=UserId(row["customer_id"]),
        provider=row["provider"],
        model=row["model"],
        requests=row["request_count"],
        created_at=row["created_at"] or _EPOCH,
        description=told.get("description"),
        status=BatchStatus(row["status"]),
        step=BatchStep(row["step"]),
        counts=BatchCounts(
            row["succeeded_count"] or 0,
            row["failed_count"] or 0,
            row["cancelled_count"] or 0,
            row["expired_count"] or 0,
        ),
        started_at=row["started_at"],
        completed_at=row["completed_at"],
        expires_at=row["expires_at"],
        results_url=row["results_url"],
        error=row["error_message"],
        ticket=None
        if ticket is None
        else BatchTicket(ticket, row["provider_input_id"], row["provider_key"]),
    )


def new_batch_row(job: BatchJob) -> dict[str, Any]:
    """Return the row of a new job."""
    told = {"description": job.description, "submitted_at": job.created_at.isoformat()}
    return {
        "job_id": job.id,
        "customer_id": job.owner,
        "provider": job.provider,
        "model": storable(job.model),
        "request_count": job.requests,
        "created_at": job.created_at,
        "metadata": storable({name: value for name, value in told.items() if value is not None}),
        **changed_batch_row(job),
    }


def changed_batch_row(job: BatchJob) -> dict[str, Any]:
    """Return those columns of a job that change."""
    ticket = job.ticket or BatchTicket("")
    return {
        "status": job.status.value,
        "step": job.step.value,
        "succeeded_count": job.counts.succeeded,
        "failed_count": job.counts.failed,
        "cancelled_count": job.counts.cancelled,
        "expired_count": job.counts.expired,
        "started_at": job.started_at,
        "completed_at": job.completed_at,
        "expires_at": job.expires_at,
        "results_url": job.results_url,
        "error_message": storable(job.error),
        "provider_batch_id": ticket.id or None,
        "provider_input_id": ticket.input,
        "provider_key": ticket.key,
    }


def storable(value: Any) -> Any:
    """Return the value with every half of a surrogate pair replaced.

    A provider may cut a stream in the middle of an emoji that was escaped in JSON; no encoding
    of a database takes the half that is left, and losing the whole answer for it would be worse.
    """
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, str):
        return value if value.isascii() else _whole(value)
    if isinstance(value, Mapping):
        return {storable(name): storable(item) for name, item in value.items()}  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, list | tuple):
        return [storable(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
    return value


def _whole(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        # Two halves that do belong together are joined; a lone one becomes U+FFFD.
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
