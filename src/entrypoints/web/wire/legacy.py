"""The old mobile client's envelope, sessions and messages."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, cast

from msgspec import UNSET, Struct, UnsetType

from application.files.links import FileLinks
from application.history.shown import Shown
from domain.conversation.conversation import StoredMessage
from entrypoints.web.wire.history import moment
from entrypoints.web.wire.names import Json, snake_keys


class Outcome(Struct, frozen=True):
    """What came of the action; a failure's `result` says why."""

    status: Literal["completed", "fail"]
    result: Any


class LegacyEnvelope(Struct, frozen=True):
    """Envelope C."""

    success: bool
    code: int
    message: Outcome


class LegacyMade(Struct, frozen=True):
    """What was made, where either of two clients looks for it."""

    data: str
    message: Outcome
    success: bool = True
    code: int = 200
    meta: None = None


class LegacyMessage(Struct, frozen=True, kw_only=True):
    """A stored message; some values are there under two names."""

    message_id: int
    db_message_id: int
    session_id: str
    customer_id: int
    sender: str
    message: str | None
    image_locations: Sequence[str]
    file_locations: Sequence[str]
    file_names: Sequence[str]
    favorite: bool
    created_at: str
    timer_start: None = None
    timer_end: None = None


class LegacySession(Struct, frozen=True, kw_only=True):
    """A conversation."""

    session_id: str
    customer_id: int
    session_name: str
    ai_character_name: str
    tags: Sequence[str]
    created_at: str
    last_update: str
    auto_trigger_tts: bool
    ai_text_gen_model: str | None
    messages: Sequence[LegacyMessage] | UnsetType = UNSET


class LegacyWritten(Struct, frozen=True):
    """Where a pair of messages was stored; 0 stands for none."""

    session_id: str
    user_message_id: int
    ai_message_id: int


def completed(result: object) -> LegacyEnvelope:
    """Return the envelope of a success."""
    return LegacyEnvelope(success=True, code=200, message=Outcome("completed", result))


def failed(code: int, why: str) -> LegacyEnvelope:
    """Return the envelope of a failure."""
    return LegacyEnvelope(success=False, code=code, message=Outcome("fail", why))


def legacy_session(shown: Shown, links: FileLinks) -> LegacySession:
    """Return a conversation as the old client reads it."""
    found = shown.conversation
    messages = UNSET
    if shown.messages is not None:
        messages = tuple(_message(message, links) for message in shown.messages)
    return LegacySession(
        session_id=found.id,
        customer_id=found.owner,
        session_name=found.name,
        ai_character_name=found.character,
        tags=found.tags,
        created_at=moment(found.created_at),
        last_update=moment(found.last_update),
        auto_trigger_tts=found.auto_trigger_tts,
        ai_text_gen_model=found.model,
        messages=messages,
    )


def _message(found: StoredMessage, links: FileLinks) -> LegacyMessage:
    owner = found.customer_id
    files = tuple(links.renewed(url, owner) for url in found.file_locations)
    return LegacyMessage(
        message_id=found.message_id,
        db_message_id=found.message_id,
        session_id=found.session_id,
        customer_id=owner,
        sender=found.sender,
        message=None if found.message is None else links.renewed_in(found.message, owner),
        image_locations=tuple(links.renewed(url, owner) for url in found.image_locations),
        file_locations=files,
        file_names=files,
        favorite=found.favorite,
        created_at=moment(found.created_at),
    )


def deep_snake_keys(value: object) -> Any:
    """Return a copy of decoded JSON in which the keys of all objects are in snake_case."""
    if isinstance(value, dict):
        found = snake_keys(cast("Mapping[str, Any]", value))
        return {name: deep_snake_keys(item) for name, item in found.items()}
    if isinstance(value, list):
        return [deep_snake_keys(item) for item in cast("list[object]", value)]
    return value


def with_files(said: Json, name: str) -> Json:
    """Return the request with a message's `file_names` as its `file_locations`."""
    message = said.get(name)
    if not isinstance(message, dict) or "file_names" not in message:
        return said
    found = cast("Json", message)
    return {**said, name: {**found, "file_locations": found["file_names"]}}
