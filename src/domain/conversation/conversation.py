"""A conversation as it is stored, and what a caller may say about one.

Field names of messages are those of the contract's tables: an adopted database, the history API and
these structs then need no dictionary between them.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct, structs

from domain.ids import ConversationId, MessageId, TurnId, UserId

NEW_NAME = "New chat"
DEFAULT_CHARACTER = "assistant"


class AnswerState(StrEnum):
    """How far an answer has come."""

    RUNNING = "running"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


class Sender(StrEnum):
    """Who wrote a message."""

    USER = "User"
    AI = "AI"
    SYSTEM = "System"


class Conversation(Struct, frozen=True, kw_only=True):
    """One conversation of one user; times are aware UTC."""

    id: ConversationId
    owner: UserId
    name: str = NEW_NAME
    character: str = DEFAULT_CHARACTER
    model: str | None = None
    """The model last asked for, as the user named it."""
    auto_trigger_tts: bool = False
    claude_session_id: str | None = None
    tags: tuple[str, ...] = ()
    group_id: str | None = None
    task_status: str | None = None
    task_priority: str | None = None
    task_description: str | None = None
    created_at: datetime
    last_update: datetime


class ConversationDraft(Struct, frozen=True, kw_only=True):
    """What a request says about its conversation; None leaves the stored value alone."""

    id: ConversationId | None = None
    name: str | None = None
    character: str | None = None
    model: str | None = None
    auto_trigger_tts: bool | None = None
    claude_session_id: str | None = None
    tags: tuple[str, ...] | None = None
    new_character: str | None = None
    """The character of a new conversation, where `character` is not given."""
    new_name: str | None = None
    """The name of a new conversation, where `name` is not given."""
    task_status: str | None = None
    task_priority: str | None = None
    task_description: str | None = None
    drops_task: bool = False
    """Leave the conversation without a task, whatever else is said of one."""
    touch: bool = True
    """Move the conversation to the top of the list …"""
    touched_at: datetime | None = None
    """… or to this moment's place in it."""


class MessageDraft(Struct, frozen=True, kw_only=True):
    """What a request says about a message; None means that it says nothing."""

    message_id: MessageId | None = None
    message: str | None = None
    ai_reasoning: str | None = None
    image_locations: tuple[str, ...] | None = None
    file_locations: tuple[str, ...] | None = None
    chart_data: tuple[Mapping[str, Any], ...] | None = None
    ai_character_name: str | None = None
    is_tts: bool | None = None
    api_text_gen_model_name: str | None = None
    api_text_gen_settings: Mapping[str, Any] | None = None
    api_tts_gen_model_name: str | None = None
    api_image_gen_settings: Mapping[str, Any] | None = None
    image_generation_request: Mapping[str, Any] | None = None
    claude_code_data: Mapping[str, Any] | None = None
    is_gps_location_message: bool | None = None
    show_transcribe_button: bool | None = None
    favorite: bool | None = None
    test_mode: bool | None = None

    @property
    def has_content(self) -> bool:
        """Whether there is anything in it worth a row of its own."""
        return any(
            (
                self.message,
                self.image_locations,
                self.file_locations,
                self.ai_reasoning,
                self.claude_code_data,
                self.chart_data,
            )
        )

    def stated(self) -> dict[str, Any]:
        """Return the fields the request did state, without the id."""
        return {
            name: value
            for name, value in structs.asdict(self).items()
            if value is not None and name != "message_id"
        }


class StoredMessage(Struct, frozen=True, kw_only=True):
    """One message as it is stored; times are aware UTC."""

    message_id: MessageId
    session_id: ConversationId
    customer_id: UserId
    sender: Sender
    message: str | None = None
    ai_reasoning: str | None = None
    image_locations: tuple[str, ...] = ()
    image_description: str | None = None
    file_locations: tuple[str, ...] = ()
    chart_data: tuple[Mapping[str, Any], ...] | None = None
    ai_character_name: str | None = None
    is_tts: bool = False
    api_text_gen_model_name: str | None = None
    api_text_gen_settings: Mapping[str, Any] = {}
    api_tts_gen_model_name: str | None = None
    api_image_gen_settings: Mapping[str, Any] = {}
    image_generation_request: Mapping[str, Any] = {}
    claude_code_data: Mapping[str, Any] = {}
    is_gps_location_message: bool = False
    show_transcribe_button: bool = False
    favorite: bool = False
    test_mode: bool = False
    created_at: datetime
    state: AnswerState | None = None
    """Of an answer: how far it came. None for questions, and for rows older than the column."""
    turn_id: TurnId | None = None
    usage: Mapping[str, Any] | None = None
    """Of an answer: what it took, as `Metering` tells it; None where that is not known."""
    parent_id: MessageId | None = None
    """What it follows. None for the first message, and in rows older than the column."""
    version_of: MessageId | None = None
    """The message whose earlier version this row keeps."""
    replaced: bool = False
    """Not on the branch that is shown."""
    siblings: tuple[MessageId, ...] = ()
    """All versions at this place, oldest first, this one too; empty where it is the only one."""

    @property
    def place(self) -> MessageId:
        """The message that this row is, or once was, a version of."""
        return self.version_of or self.message_id


class Place(Struct, frozen=True):
    """Where in a conversation a message goes."""

    at: datetime
    """When it is written, which is its place in the order of reading."""
    after: MessageId | None
    """The message it follows, if there is one."""
    asked_by: TurnId | None = None
    """When given, that message must be this turn's still: others may have asked it anew."""


class ListPlace(Struct, frozen=True, array_like=True):
    """Where a page of the list ended: what is touched or added meanwhile comes before it."""

    last_update: datetime
    created_at: datetime
    id: ConversationId

    @classmethod
    def of(cls, conversation: Conversation) -> "ListPlace":
        """Return the place of a conversation."""
        return cls(conversation.last_update, conversation.created_at, conversation.id)

    def comes_before(self, conversation: Conversation) -> bool:
        """Return whether a conversation is further down the list."""
        here = (self.last_update, self.created_at, self.id)
        return here > (conversation.last_update, conversation.created_at, conversation.id)


class ConversationFilter(Struct, frozen=True, kw_only=True):
    """Which conversations to list; newest first."""

    start: datetime | None = None
    """`last_update` at or after this."""
    end: datetime | None = None
    """`last_update` before this."""
    tags: tuple[str, ...] = ()
    """Any of them, in any case of letters."""
    character: str | None = None
    task_status: str | None = None
    """`active`, `waiting`, `done`, `any` (has one) or `none` (has none)."""
    task_priority: str | None = None
    after: ListPlace | None = None
    """Only what comes after this place."""
    offset: int = 0
    limit: int = 30
    """0 is no limit."""
