"""What the stores in memory keep ↔ records of an archive.

The structs in memory know no nulls. What an archive said is therefore kept beside them, and holds
for each field that has not changed since.
"""

from typing import Any

from msgspec import structs

from adapters.memory.state import State
from domain.conversation.conversation import (
    DEFAULT_CHARACTER,
    NEW_NAME,
    AnswerState,
    Conversation,
    Sender,
    StoredMessage,
)
from domain.ids import ConversationId, MessageId, TurnId, UserId
from domain.transfer.records import ArchivedConversation, ArchivedMessage, ArchivedUsage
from domain.usage import UsageRecord

_LISTS = ("image_locations", "file_locations")
_OBJECTS = (
    "api_text_gen_settings",
    "api_image_gen_settings",
    "image_generation_request",
    "claude_code_data",
)
_SAME = tuple(
    name
    for name in ArchivedMessage.__struct_fields__
    if name not in ("number", "parent", "sender", "chart_data", "responding_agent", "state")
)
_SENDERS = {sender.lower(): sender for sender in Sender}
_USAGE = tuple(name for name in ArchivedUsage.__struct_fields__ if name != "turn")


def conversation_of(
    user: UserId, record: ArchivedConversation, named: ConversationId
) -> Conversation:
    """Return the conversation that a record makes."""
    return Conversation(
        id=named,
        owner=user,
        name=record.session_name or NEW_NAME,
        character=record.ai_character_name or DEFAULT_CHARACTER,
        model=record.ai_text_gen_model,
        auto_trigger_tts=record.auto_trigger_tts,
        claude_session_id=record.claude_session_id,
        tags=tuple(record.tags or ()),
        group_id=record.group_id,
        task_status=record.task_status,
        task_priority=record.task_priority,
        task_description=record.task_description,
        created_at=record.created_at,
        last_update=record.last_update,
    )


def archived_conversation(state: State, one: Conversation) -> ArchivedConversation:
    """Return the record of a conversation."""
    found = ArchivedConversation(
        id=one.id,
        session_name=one.name,
        ai_character_name=one.character,
        ai_text_gen_model=one.model,
        auto_trigger_tts=one.auto_trigger_tts,
        claude_session_id=one.claude_session_id,
        tags=list(one.tags),
        group_id=one.group_id,
        created_at=one.created_at,
        last_update=one.last_update,
        task_status=one.task_status,
        task_priority=one.task_priority,
        task_description=one.task_description,
    )
    came = state.came.get(one.id)
    if not isinstance(came, ArchivedConversation):
        return found
    first = archived_conversation(State(), conversation_of(one.owner, came, one.id))
    return structs.replace(found, **_unchanged(found, first, came))


def message_of(
    user: UserId, conversation: ConversationId, record: ArchivedMessage, named: MessageId
) -> StoredMessage:
    """Return the message that a record makes."""
    columns: dict[str, Any] = {name: getattr(record, name) for name in _SAME}
    columns.update({name: tuple(columns[name] or ()) for name in _LISTS})
    columns.update({name: columns[name] or {} for name in _OBJECTS})
    return StoredMessage(
        message_id=named,
        session_id=conversation,
        customer_id=user,
        sender=_SENDERS.get(record.sender.lower(), Sender.SYSTEM),
        parent_id=None if record.parent is None else MessageId(record.parent),
        chart_data=None if record.chart_data is None else tuple(record.chart_data),
        state=None if record.state is None else AnswerState(record.state),
        **columns,
    )


def archived_message(state: State, message: StoredMessage) -> ArchivedMessage:
    """Return the record of a message, with ids for numbers."""
    columns: dict[str, Any] = {name: getattr(message, name) for name in _SAME}
    columns.update({name: list(columns[name]) for name in _LISTS})
    columns.update({name: columns[name] or None for name in _OBJECTS})
    running = message.state is AnswerState.RUNNING
    ended: Any = AnswerState.INTERRUPTED if running else message.state
    found = ArchivedMessage(
        number=message.message_id,
        parent=message.parent_id,
        sender=message.sender.value,
        chart_data=None
        if message.chart_data is None
        else [dict(one) for one in message.chart_data],
        state=ended and ended.value,
        **columns,
    )
    came = state.came.get(message.message_id)
    if not isinstance(came, ArchivedMessage):
        return found
    named = message.message_id
    first = archived_message(
        State(), message_of(message.customer_id, message.session_id, came, named)
    )
    return structs.replace(found, **_unchanged(found, first, came))


def usage_of(user: UserId, record: ArchivedUsage, turn: str) -> UsageRecord:
    """Return what a record says that a turn used."""
    columns: dict[str, Any] = {name: getattr(record, name) for name in _USAGE}
    return UsageRecord(turn=TurnId(turn), user=user, **columns)


def archived_usage(one: UsageRecord) -> ArchivedUsage:
    """Return the record of what a turn used."""
    columns: dict[str, Any] = {name: getattr(one, name) for name in _USAGE}
    columns["reserved_micro_usd"] = one.reserved_micro_usd or 0
    return ArchivedUsage(turn=one.turn, **columns)


def _unchanged(now: Any, first: Any, came: Any) -> dict[str, Any]:
    """Return the fields of the archive's own record that still hold."""
    skipped = ("id", "number", "parent", "version_of")
    return {
        name: getattr(came, name)
        for name in now.__struct_fields__
        if name not in skipped and getattr(now, name) == getattr(first, name)
    }
