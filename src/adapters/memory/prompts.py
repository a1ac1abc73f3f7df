"""Saved prompts in memory."""

from msgspec import structs

from adapters.memory.state import Draft
from application.ports.prompts import Prompts
from domain.conversation.saved_prompt import TITLE_CHARS, SavedPrompt
from domain.errors import AccountNotFound, PromptNotFound
from domain.ids import PromptId, UserId


class MemoryPrompts(Prompts):
    """Read and written inside a unit of work. The owner is part of every look-up."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft

    async def all(self, user: UserId) -> list[SavedPrompt]:
        """Return the user's prompts by ascending id."""
        mine = (one for one in self._draft.state.prompts.values() if one.owner == user)
        return sorted(mine, key=lambda one: one.id)

    async def add(self, user: UserId, title: str, text: str) -> SavedPrompt:
        """Store a prompt; a title too long for its column is cut."""
        state = await self._draft.writing()
        if user not in state.accounts:
            raise AccountNotFound(user)
        prompt = SavedPrompt(PromptId(state.last_prompt + 1), user, title[:TITLE_CHARS], text)
        self._draft.put(state.with_prompt(prompt))
        return prompt

    async def change(
        self, user: UserId, prompt: PromptId, title: str | None, text: str | None
    ) -> SavedPrompt:
        """Set what is given and return the prompt."""
        state = await self._draft.writing()
        stored = self._mine(user, prompt)
        changed = structs.replace(
            stored,
            title=stored.title if title is None else title[:TITLE_CHARS],
            text=stored.text if text is None else text,
        )
        state.prompts[prompt] = changed
        return changed

    async def remove(self, user: UserId, prompt: PromptId) -> None:
        """Remove a prompt."""
        state = await self._draft.writing()
        del state.prompts[self._mine(user, prompt).id]

    def _mine(self, user: UserId, prompt: PromptId) -> SavedPrompt:
        found = self._draft.state.prompts.get(prompt)
        if found is None or found.owner != user:
            raise PromptNotFound(prompt)
        return found
