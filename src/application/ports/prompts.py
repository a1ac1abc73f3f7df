"""Prompts that users have saved."""

from typing import Protocol

from domain.conversation.saved_prompt import SavedPrompt
from domain.ids import PromptId, UserId


class Prompts(Protocol):
    """Read and written inside a unit of work. The owner is part of every query."""

    async def all(self, user: UserId) -> list[SavedPrompt]:
        """Return the user's prompts by ascending id."""
        ...

    async def add(self, user: UserId, title: str, text: str) -> SavedPrompt:
        """Store a prompt; a title too long for its column is cut.

        Raises:
            AccountNotFound: there is no such user.
        """
        ...

    async def change(
        self, user: UserId, prompt: PromptId, title: str | None, text: str | None
    ) -> SavedPrompt:
        """Set what is given and return the prompt.

        Raises:
            PromptNotFound: there is none, or it is somebody else's.
        """
        ...

    async def remove(self, user: UserId, prompt: PromptId) -> None:
        """Remove a prompt.

        Raises:
            PromptNotFound: there is none, or it is somebody else's.
        """
        ...
