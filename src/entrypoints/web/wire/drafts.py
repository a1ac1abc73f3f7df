"""What a client says about messages → drafts."""

from collections.abc import Mapping
from typing import Any, cast

import msgspec

from domain.conversation.conversation import MessageDraft, Sender
from domain.errors import InvalidRequest
from domain.files.keys import kept_address
from domain.turn.ask import Copied
from entrypoints.web.wire.names import Json, check_depth, section, snake_keys

FORK_NAME = "New session from here"

_FORK = "new_session_from_here_full_chat_history"
_LONGEST_FORK = 2000
"""They are written in one transaction, for which others wait."""
_LARGEST_MESSAGE = 8 * 1024 * 1024
"""What a frame of the socket can bring. MariaDB takes statements of 16 MiB, in which every sign of
a message may count twice."""
_LARGEST_ID = 2**63 - 1
"""Of any column; a larger number names no message."""
_COPIED = frozenset(
    {
        "message",
        "image_locations",
        "file_locations",
        "ai_character_name",
        "api_text_gen_model_name",
        "api_tts_gen_model_name",
        "api_image_gen_settings",
        "is_tts",
        "is_gps_location_message",
    }
)
_FREE = frozenset(
    {
        "chart_data",
        "api_text_gen_settings",
        "api_image_gen_settings",
        "image_generation_request",
        "claude_code_data",
    }
)
"""What is kept as it comes, whatever is in it."""
_SENDERS: Mapping[str, Sender] = {
    "user": Sender.USER,
    "ai": Sender.AI,
    "assistant": Sender.AI,
    "system": Sender.SYSTEM,
}


def message_draft(said: Json, name: str) -> MessageDraft:
    """Return the draft under a key; absent or null is an empty one, unknown keys are passed over.

    Raises:
        InvalidRequest: a known key has a wrong type.
    """
    found: dict[str, Any] = section(said, name)
    if not found.get("message_id"):
        found.pop("message_id", None)  # The web client writes 0 for "none".
    draft = _draft(found, name)
    if draft.message_id is not None and not 0 < draft.message_id <= _LARGEST_ID:
        return msgspec.structs.replace(draft, message_id=None)
    return draft


def copied_messages(said: Json) -> tuple[Copied, ...]:
    """Return what a fork brings along, in order; messages without content are left behind.

    Raises:
        InvalidRequest: it is no list of messages, or longer than any conversation.
    """
    found = said.get(_FORK)
    if not found:
        return ()
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):  # pyright: ignore[reportUnknownVariableType]
        raise InvalidRequest(f"{_FORK} must be a list of messages", _FORK)
    items = [snake_keys(item) for item in cast("list[Json]", found)]
    if len(items) > _LONGEST_FORK:
        raise InvalidRequest(f"{_FORK} holds more than {_LONGEST_FORK} messages", _FORK)
    copies = (Copied(_sender(item), _draft(_only_copied(item), _FORK)) for item in items)
    return tuple(copy for copy in copies if copy.draft.has_content)


def _only_copied(item: Json) -> Json:
    return {name: value for name, value in item.items() if name in _COPIED}


def _sender(item: Json) -> Sender:
    by_user = item.get("is_user_message")
    if isinstance(by_user, bool):
        return Sender.USER if by_user else Sender.AI
    return _SENDERS.get(str(item.get("sender")).strip().lower(), Sender.USER)


def _draft(found: Json, name: str) -> MessageDraft:
    for key in _FREE & found.keys():
        check_depth(found[key], key)
    try:
        draft = msgspec.convert(found, MessageDraft, strict=False)
    except msgspec.ValidationError as error:
        raise InvalidRequest(f"Invalid {name} payload: {error}", name) from error
    if len(msgspec.json.encode(draft)) > _LARGEST_MESSAGE:
        raise InvalidRequest(f"{name} is larger than {_LARGEST_MESSAGE} bytes", name)
    return _with_addresses(draft)


def _with_addresses(draft: MessageDraft) -> MessageDraft:
    """Return the draft with addresses in the place of links to files of ours: links end."""
    images, files = draft.image_locations, draft.file_locations
    if images is None and files is None:
        return draft
    return msgspec.structs.replace(
        draft,
        image_locations=None if images is None else tuple(map(kept_address, images)),
        file_locations=None if files is None else tuple(map(kept_address, files)),
    )
