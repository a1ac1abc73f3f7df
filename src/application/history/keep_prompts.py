"""Prompts that a user saves to use again."""

from application.ports.unit_of_work import UnitOfWork
from domain.conversation.saved_prompt import SavedPrompt
from domain.ids import PromptId, UserId


class ListPrompts:
    """All of a user's."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    async def __call__(self, user: UserId) -> list[SavedPrompt]:
        """Return them by ascending id."""
        return await self._work.run(lambda db: db.prompts.all(user))


class SavePrompt:
    """A new one, or another text for one."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    async def __call__(self, user: UserId, title: str, text: str) -> SavedPrompt:
        """Store a new prompt and return it."""
        return await self._work.run(lambda db: db.prompts.add(user, title, text))


class ChangePrompt:
    """Another title or text for a saved one."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    async def __call__(
        self, user: UserId, prompt: PromptId, title: str | None, text: str | None
    ) -> SavedPrompt:
        """Return the prompt as it is now; None leaves the title or text alone.

        Raises:
            PromptNotFound: the user has no such prompt.
        """
        return await self._work.run(
            lambda db: db.prompts.change(user, prompt, title, text), repeatable=True
        )


class DeletePrompt:
    """Takes one away."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    async def __call__(self, user: UserId, prompt: PromptId) -> None:
        """Remove the prompt.

        Raises:
            PromptNotFound: the user has no such prompt.
        """
        await self._work.run(lambda db: db.prompts.remove(user, prompt))
