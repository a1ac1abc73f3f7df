"""What an edit may change, and when it would lose something."""

from collections.abc import Mapping
from typing import Any

from domain.conversation.conversation import AnswerState, Sender, StoredMessage
from domain.conversation.writing import ANSWERS_ONLY

EDITABLE = frozenset(
    {
        "message",
        "ai_reasoning",
        "image_locations",
        "file_locations",
        "chart_data",
        "favorite",
        "claude_code_data",
        "api_text_gen_model_name",
        "api_text_gen_settings",
        "api_tts_gen_model_name",
        "api_image_gen_settings",
        "image_generation_request",
    }
)
"""The fields an edit may change; sender, time and flags of a message stay as they were."""

_GROWING = frozenset({"message", "ai_reasoning", "chart_data", "claude_code_data"})
"""What a turn writes again and again for as long as its answer grows."""
_TEXTS = ("message", "ai_reasoning")
_LISTS = ("image_locations", "file_locations", "chart_data")


def editable(stored: StoredMessage, stated: Mapping[str, Any]) -> dict[str, Any]:
    """Return of what is stated that which an edit of this message may change."""
    allowed = EDITABLE - ANSWERS_ONLY if stored.sender is Sender.USER else EDITABLE
    return {name: value for name, value in stated.items() if name in allowed}


def is_overwritten(stored: StoredMessage, changes: Mapping[str, Any]) -> bool:
    """Return whether the turn that is writing the message would soon undo some of the changes."""
    return stored.state is AnswerState.RUNNING and not _GROWING.isdisjoint(changes)


def loses(stored: StoredMessage, changes: Mapping[str, Any]) -> bool:
    """Return whether something that was said would be gone after these changes.

    Then the message is worth an earlier version. A list that only grows loses nothing.
    """
    for name in _TEXTS:
        if name in changes and getattr(stored, name) not in (None, "", changes[name]):
            return True
    return any(
        name in changes and any(item not in (changes[name] or ()) for item in stored_list)
        for name in _LISTS
        if (stored_list := getattr(stored, name))
    )


def answered_anew(stored: StoredMessage) -> dict[str, Any]:
    """Return what an answer loses of itself when a turn writes it again and has none of it."""
    changes: dict[str, Any] = {"message": None, "ai_reasoning": None, "chart_data": None}
    if stored.is_tts:  # Then its audio is the first file.
        changes |= {"is_tts": False, "api_tts_gen_model_name": None}
        changes["file_locations"] = stored.file_locations[1:]
    if "cancelled" in stored.claude_code_data:
        data = stored.claude_code_data
        changes["claude_code_data"] = {k: v for k, v in data.items() if k != "cancelled"}
    return changes
