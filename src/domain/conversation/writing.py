"""How a conversation and its messages are written, whichever store keeps them."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from msgspec import structs

from domain.conversation.conversation import (
    DEFAULT_CHARACTER,
    NEW_NAME,
    Conversation,
    ConversationDraft,
    MessageDraft,
    Sender,
)
from domain.ids import ConversationId, UserId

NAME_CHARS = 100
CHARACTER_CHARS = 50
MODEL_CHARS = 50
CLAUDE_SESSION_CHARS = 36
TASK_CHARS = 10
TASK_DESCRIPTION_CHARS = 500
MESSAGE_NAME_CHARS = 16_000
"""Names inside a message have no stated length; the smallest column holds 64 KiB of UTF-8."""

ANSWERS_ONLY = frozenset(
    {
        "api_text_gen_model_name",
        "api_text_gen_settings",
        "api_tts_gen_model_name",
        "api_image_gen_settings",
        "image_generation_request",
    }
)
"""What is never kept of a user's own message."""

Kept = TypeVar("Kept", str, str | None)

_SHORT = ("ai_character_name", "api_text_gen_model_name", "api_tts_gen_model_name")
_TICK = timedelta(microseconds=1)


def is_chosen_id(text: str | None) -> bool:
    """Return whether a client may name a new conversation so: a UUID in its usual 36 characters."""
    if text is None or len(text) != 36:
        return False
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False


def kept_character(name: str) -> str:
    """Return the name of a character as it is kept, which is what it has to be looked for by."""
    return name[:CHARACTER_CHARS]


def opened(
    conversation: ConversationId, owner: UserId, draft: ConversationDraft, now: datetime
) -> Conversation:
    """Return the new conversation that a draft asks for."""
    fresh = Conversation(
        id=conversation,
        owner=owner,
        name=(draft.new_name or NEW_NAME)[:NAME_CHARS],
        character=kept_character(draft.new_character or DEFAULT_CHARACTER),
        created_at=now,
        last_update=now,
    )
    return continued(fresh, draft, now)


def continued(conversation: Conversation, draft: ConversationDraft, now: datetime) -> Conversation:
    """Return the conversation with what the draft states; values too long are cut."""
    return structs.replace(
        conversation,
        name=_stated(draft.name, conversation.name, NAME_CHARS),
        character=_stated(draft.character, conversation.character, CHARACTER_CHARS),
        model=_stated(draft.model, conversation.model, MODEL_CHARS),
        claude_session_id=_stated(
            draft.claude_session_id, conversation.claude_session_id, CLAUDE_SESSION_CHARS
        ),
        auto_trigger_tts=(
            conversation.auto_trigger_tts
            if draft.auto_trigger_tts is None
            else draft.auto_trigger_tts
        ),
        tags=conversation.tags if draft.tags is None else draft.tags,
        last_update=(draft.touched_at or now) if draft.touch else conversation.last_update,
        **_task(conversation, draft),
    )


def _task(conversation: Conversation, draft: ConversationDraft) -> dict[str, str | None]:
    kept = (
        ("task_status", conversation.task_status, draft.task_status, TASK_CHARS),
        ("task_priority", conversation.task_priority, draft.task_priority, TASK_CHARS),
        (
            "task_description",
            conversation.task_description,
            draft.task_description,
            TASK_DESCRIPTION_CHARS,
        ),
    )
    return {
        name: None if draft.drops_task else _stated(new, old, chars)
        for name, old, new, chars in kept
    }


def _stated(value: str | None, kept: Kept, chars: int) -> str | Kept:
    return kept if value is None else value[:chars]


def written(sender: Sender, draft: MessageDraft) -> dict[str, Any]:
    """Return the columns that a new message states; a user's message has none of the answer's."""
    stated = draft.stated()
    if sender is Sender.USER:
        stated = {name: value for name, value in stated.items() if name not in ANSWERS_ONLY}
    return fitted(stated)


def fitted(columns: Mapping[str, Any]) -> dict[str, Any]:
    """Return message columns with the names in them cut to what any store can hold."""
    return {
        name: value[:MESSAGE_NAME_CHARS] if name in _SHORT and value is not None else value
        for name, value in columns.items()
    }


def moment_after(last: datetime | None, now: datetime) -> datetime:
    """Return when a message is written: now, or just after the last one if that is not earlier."""
    return now if last is None or now > last else last + _TICK
