"""What an archive of an account says, record by record.

These are the rows of the account as they are stored, null where the row is null, without what only
means something to one server: the owner and the ids of messages and prompts. Within a conversation
messages are numbered in order of writing, and refer to one another by these numbers.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from domain.usage import NAME_CHARS, UsageState

FORMAT = "parley-archive"
VERSION = 1

Moment = Annotated[datetime, Meta(tz=True)]
Id = Annotated[str, Meta(pattern=r"\A[!-~]{1,36}\Z")]
"""Printable: engines disagree about whether blanks at the end of a key count."""
Number = Annotated[int, Meta(ge=1, le=2**31 - 1)]
Count = Annotated[int, Meta(ge=0, le=2**53)]
Text10 = Annotated[str, Meta(max_length=10)]
Text50 = Annotated[str, Meta(max_length=50)]
Text100 = Annotated[str, Meta(max_length=100)]
ModelName = Annotated[str, Meta(max_length=NAME_CHARS)]
EndedState = Literal["completed", "cancelled", "failed", "interrupted"]
"""Of an answer; one that still runs counts as interrupted: nobody goes on with it elsewhere."""


class ArchiveHeader(Struct, frozen=True, kw_only=True, tag_field="type", tag="header"):
    """The first line. Whose account it was is told, and never taken over."""

    format: str
    version: int
    exported_at: Moment
    username: str
    email: str | None = None


class ArchivedPrompt(
    Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="prompt"
):
    """A saved prompt."""

    title: Text100
    text: str


class ArchivedUsage(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="type", tag="usage"
):
    """What one turn used."""

    turn: Id
    at: Moment
    model: ModelName
    provider: ModelName
    state: UsageState
    input_tokens: Count
    cached_input_tokens: Count
    cache_written_tokens: Count
    output_tokens: Count
    reasoning_tokens: Count
    reserved_micro_usd: Count
    cost_micro_usd: Count | None


class ArchivedConversation(
    Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag_field="type",
    tag="conversation",
):
    """A conversation; its messages follow it."""

    id: Id
    session_name: Text100 | None = None
    ai_character_name: Text50 | None = None
    ai_text_gen_model: Text50 | None = None
    auto_trigger_tts: bool = False
    claude_session_id: Annotated[str, Meta(max_length=36)] | None = None
    tags: list[str] | None = None
    group_id: Annotated[str, Meta(max_length=36)] | None = None
    created_at: Moment
    last_update: Moment
    task_status: Text10 | None = None
    task_priority: Text10 | None = None
    task_description: Annotated[str, Meta(max_length=500)] | None = None


class ArchivedMessage(
    Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag_field="type",
    tag="message",
):
    """A message of the conversation before it, shown or not.

    In a store's hands `number`, `parent` and `version_of` are ids of rows; in an archive they are
    places in the conversation.
    """

    number: Number
    parent: Number | None = None
    version_of: Number | None = None
    replaced: bool = False
    sender: Annotated[str, Meta(max_length=255)]
    message: str | None = None
    ai_reasoning: str | None = None
    image_locations: list[str] | None = None
    image_description: str | None = None
    file_locations: list[str] | None = None
    chart_data: list[dict[str, Any]] | None = None
    ai_character_name: str | None = None
    is_tts: bool = False
    api_text_gen_model_name: str | None = None
    api_text_gen_settings: dict[str, Any] | None = None
    api_tts_gen_model_name: str | None = None
    api_image_gen_settings: dict[str, Any] | None = None
    image_generation_request: dict[str, Any] | None = None
    claude_code_data: dict[str, Any] | None = None
    is_gps_location_message: bool = False
    show_transcribe_button: bool = False
    favorite: bool = False
    test_mode: bool = False
    responding_agent: Text50 | None = None
    created_at: Moment
    state: EndedState | None = None
    turn_id: Id | None = None
    usage: dict[str, Any] | None = None


class ArchiveEnd(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="type", tag="end"
):
    """The last line: how many records there are, and the SHA-256 of their lines."""

    prompts: Count
    usage: Count
    conversations: Count
    messages: Count
    sha256: Annotated[str, Meta(pattern=r"\A[0-9a-f]{64}\Z")]


Record = ArchivedPrompt | ArchivedUsage | ArchivedConversation | ArchivedMessage
