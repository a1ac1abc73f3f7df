"""Row ↔ record of an archive: nothing is made up, and nothing is left out."""

from typing import Any

from sqlalchemy import RowMapping

from adapters.sql.rows import storable
from domain.conversation.conversation import AnswerState
from domain.ids import ConversationId, UserId
from domain.transfer.records import (
    ArchivedConversation,
    ArchivedMessage,
    ArchivedPrompt,
    ArchivedUsage,
)
from domain.usage import UsageState

_CONVERSATION = tuple(
    name for name in ArchivedConversation.__struct_fields__ if name not in ("id", "tags")
)
_NUMBERS = {"number": "message_id", "parent": "parent_id"}
_MESSAGE = tuple(
    name for name in ArchivedMessage.__struct_fields__ if name not in ("state", *_NUMBERS)
)
_FLAGS = (
    "replaced",
    "is_tts",
    "is_gps_location_message",
    "show_transcribe_button",
    "favorite",
    "test_mode",
)
_USAGE = tuple(name for name in ArchivedUsage.__struct_fields__ if name not in ("turn", "state"))


def archived_prompt(row: RowMapping) -> ArchivedPrompt:
    """Return the prompt of a row."""
    return ArchivedPrompt(row["title"] or "", row["prompt"] or "")


def archived_usage(row: RowMapping) -> ArchivedUsage:
    """Return what the turn of a row used."""
    columns: dict[str, Any] = {name: row[name] for name in _USAGE}
    return ArchivedUsage(turn=row["turn_id"], state=UsageState(row["state"]), **columns)


def archived_conversation(row: RowMapping) -> ArchivedConversation:
    """Return the conversation of a row."""
    columns: dict[str, Any] = {name: row[name] for name in _CONVERSATION}
    columns["auto_trigger_tts"] = bool(columns["auto_trigger_tts"])
    return ArchivedConversation(id=row["session_id"], tags=row["tags"], **columns)


def archived_message(row: RowMapping) -> ArchivedMessage:
    """Return the message of a row; an answer that still runs is as far as it has come."""
    columns: dict[str, Any] = {name: row[name] for name in _MESSAGE}
    columns.update({name: bool(row[name]) for name in _FLAGS})
    columns.update({name: row[column] for name, column in _NUMBERS.items()})
    columns["sender"] = row["sender"] or ""
    running = row["state"] == AnswerState.RUNNING.value
    state = AnswerState.INTERRUPTED.value if running else row["state"]
    return ArchivedMessage(state=state, **columns)


def usage_row_of(user: UserId, usage: ArchivedUsage, turn: str) -> dict[str, Any]:
    """Return the row of what a turn used."""
    columns = {name: storable(getattr(usage, name)) for name in _USAGE}
    return {**columns, "turn_id": turn, "customer_id": user, "state": usage.state.value}


def conversation_row_of(
    user: UserId, conversation: ArchivedConversation, named: ConversationId
) -> dict[str, Any]:
    """Return the row of a conversation."""
    columns = {name: storable(getattr(conversation, name)) for name in (*_CONVERSATION, "tags")}
    return {**columns, "session_id": named, "customer_id": user}


def message_row_of(
    user: UserId, conversation: ConversationId, message: ArchivedMessage
) -> dict[str, Any]:
    """Return the row of a message."""
    columns = {name: storable(getattr(message, name)) for name in (*_MESSAGE, "state")}
    return {
        **columns,
        "parent_id": message.parent,
        "session_id": conversation,
        "customer_id": user,
    }
