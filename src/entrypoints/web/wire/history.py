"""Stored conversations → the contract's Session and Message objects.

Messages keep addresses of files; clients are shown links, made fresh each time.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import UNSET, Struct, UnsetType

from application.files.links import FileLinks
from application.history.list_conversations import Listed
from application.history.shown import Shown
from domain.conversation.conversation import Conversation, StoredMessage
from domain.ids import UserId
from domain.turn.events import Saved
from entrypoints.web.wire.cursors import cursor_at


class MessageObject(Struct, frozen=True, kw_only=True):
    """A stored message. Keys without a value are null, lists and objects are never null."""

    message_id: int
    session_id: str
    customer_id: int
    sender: str
    message: str | None
    ai_reasoning: str | None
    image_locations: tuple[str, ...]
    image_description: str | None
    file_locations: tuple[str, ...]
    chart_data: tuple[Mapping[str, Any], ...] | None
    ai_character_name: str
    is_tts: bool
    api_text_gen_model_name: str
    api_text_gen_settings: Mapping[str, Any]
    api_tts_gen_model_name: str
    api_image_gen_settings: Mapping[str, Any]
    image_generation_request: Mapping[str, Any]
    claude_code_data: Mapping[str, Any]
    is_gps_location_message: bool
    show_transcribe_button: bool
    favorite: bool
    test_mode: bool
    created_at: str
    state: str | None
    """Ours: how far an answer came (`completed`, `cancelled`, `failed`, `interrupted` …)."""
    turn_id: str | None
    """Ours: the turn that wrote it, which may still be followed."""
    usage: Mapping[str, Any] | None
    """Ours: what an answer took in tokens, US dollars, time and attempts, where that is known."""
    parent_id: int | None
    """Ours: the message it follows."""
    sibling_ids: tuple[int, ...]
    """Ours: all versions of the message, oldest first, this one too; empty if it has no other."""
    active: bool
    """Ours: whether it is on the branch that is shown."""


class SessionObject(Struct, frozen=True, kw_only=True):
    """A conversation; `messages` is there only when asked for."""

    session_id: str
    customer_id: int
    session_name: str
    ai_character_name: str
    ai_text_gen_model: str | None
    auto_trigger_tts: bool
    claude_session_id: str | None
    tags: tuple[str, ...]
    created_at: str
    last_update: str
    group_id: str | None
    group_name: str | None
    task_status: str | None
    task_priority: str | None
    task_description: str | None
    messages: tuple[MessageObject, ...] | UnsetType = UNSET


class SessionPage(Struct, frozen=True):
    """Some sessions; `count` is how many are here, not how many there are."""

    sessions: tuple[SessionObject, ...]
    count: int


class ListedSessions(Struct, frozen=True):
    """A page of the list; `count` is how many are here, not how many there are."""

    sessions: tuple[SessionObject, ...]
    count: int
    next_cursor: str | None
    """Ours: what to ask the next page with; null at the end of the list."""


def listed_sessions(listed: Listed, links: FileLinks) -> ListedSessions:
    """Return a page of the list."""
    sessions = tuple(session_object(one, links) for one in listed.page)
    return ListedSessions(sessions, len(sessions), cursor_at(listed.next))


def session_object(shown: Shown, links: FileLinks) -> SessionObject:
    """Return the Session object of a conversation."""
    found = shown.conversation
    messages = UNSET
    if shown.messages is not None:
        messages = tuple(message_object(message, links) for message in shown.messages)
    return SessionObject(
        session_id=found.id,
        customer_id=found.owner,
        session_name=found.name,
        ai_character_name=found.character,
        ai_text_gen_model=found.model,
        auto_trigger_tts=found.auto_trigger_tts,
        claude_session_id=found.claude_session_id,
        tags=found.tags,
        created_at=moment(found.created_at),
        last_update=moment(found.last_update),
        group_id=found.group_id,
        group_name=None,
        task_status=found.task_status,
        task_priority=found.task_priority,
        task_description=found.task_description,
        messages=messages,
    )


def saved_session(saved: Saved, links: FileLinks) -> dict[str, Any]:
    """Return the Session object, with messages, that acknowledges an edit.

    Without an edited conversation there is nothing to show, and the object is empty.
    """
    edited: Conversation | None = saved.edited
    if edited is None:
        return {}
    shown = session_object(Shown(edited, saved.edited_messages), links)
    found: dict[str, Any] = msgspec.to_builtins(shown)
    return found


def moment(time: datetime) -> str:
    """Return the time as ISO text with an offset; stored times without one are UTC."""
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).isoformat()


def message_object(found: StoredMessage, links: FileLinks) -> MessageObject:
    """Return the Message object of a stored message."""
    owner = found.customer_id
    return MessageObject(
        message_id=found.message_id,
        session_id=found.session_id,
        customer_id=owner,
        sender=found.sender,
        message=None if found.message is None else links.renewed_in(found.message, owner),
        ai_reasoning=found.ai_reasoning,
        image_locations=tuple(links.renewed(url, owner) for url in found.image_locations),
        image_description=found.image_description,
        file_locations=tuple(links.renewed(url, owner) for url in found.file_locations),
        chart_data=found.chart_data,
        ai_character_name=found.ai_character_name or "",
        is_tts=found.is_tts,
        api_text_gen_model_name=found.api_text_gen_model_name or "",
        api_text_gen_settings=found.api_text_gen_settings,
        api_tts_gen_model_name=found.api_tts_gen_model_name or "",
        api_image_gen_settings=found.api_image_gen_settings,
        image_generation_request=_with_links(found.image_generation_request, links, owner),
        claude_code_data=found.claude_code_data,
        is_gps_location_message=found.is_gps_location_message,
        show_transcribe_button=found.show_transcribe_button,
        favorite=found.favorite,
        test_mode=found.test_mode,
        created_at=moment(found.created_at),
        state=found.state,
        turn_id=found.turn_id,
        usage=found.usage,
        parent_id=found.parent_id,
        sibling_ids=found.siblings,
        active=not found.replaced,
    )


def _with_links(found: Mapping[str, Any], links: FileLinks, owner: UserId) -> Mapping[str, Any]:
    return {
        name: links.renewed(value, owner) if isinstance(value, str) else value
        for name, value in found.items()
    }
