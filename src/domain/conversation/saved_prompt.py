"""Prompts that a user keeps to use again."""

from msgspec import Struct

from domain.ids import PromptId, UserId

TITLE_CHARS = 100


class SavedPrompt(Struct, frozen=True):
    """A text under a title."""

    id: PromptId
    owner: UserId
    title: str
    text: str
