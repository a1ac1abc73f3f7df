"""Saved prompts in the table the contract names."""

from sqlalchemy import bindparam, delete, select, update

from adapters.sql.prepared import row_into
from adapters.sql.rows import prompt_of, storable
from adapters.sql.tables.chat import prompts
from adapters.sql.transaction import Transaction
from application.ports.prompts import Prompts
from domain.conversation.saved_prompt import TITLE_CHARS, SavedPrompt
from domain.errors import PromptNotFound
from domain.ids import PromptId, UserId

_THIS = (prompts.c.prompt_id == bindparam("this"), prompts.c.customer_id == bindparam("owner"))
_INSERT = row_into(prompts, "customer_id", "title", "prompt")
_ALL = (
    select(prompts).where(prompts.c.customer_id == bindparam("owner")).order_by(prompts.c.prompt_id)
)
_ONE = select(prompts).where(*_THIS).with_for_update()
_CHANGE = (
    update(prompts)
    .where(*_THIS)
    .values(title=bindparam("new_title"), prompt=bindparam("new_prompt"))
)
_REMOVE = delete(prompts).where(*_THIS)


class SqlPrompts(Prompts):
    """Read and written inside a unit of work. The owner is part of every query."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def all(self, user: UserId) -> list[SavedPrompt]:
        """Return the user's prompts by ascending id."""
        rows = await self._transaction.all("list prompts", _ALL, {"owner": user})
        return [prompt_of(row) for row in rows]

    async def add(self, user: UserId, title: str, text: str) -> SavedPrompt:
        """Store a prompt; a title too long for its column is cut."""
        title, text = storable(title)[:TITLE_CHARS], storable(text)
        row = {"customer_id": user, "title": title, "prompt": text}
        added = await self._transaction.run("add prompt", _INSERT, row, owner=user)
        return SavedPrompt(PromptId(added.lastrowid or 0), user, title, text)

    async def change(
        self, user: UserId, prompt: PromptId, title: str | None, text: str | None
    ) -> SavedPrompt:
        """Set what is given and return the prompt."""
        await self._transaction.queue_to_write()
        this = {"this": prompt, "owner": user}
        row = await self._transaction.first("change prompt", _ONE, this)
        if row is None:
            raise PromptNotFound(prompt)
        stored = prompt_of(row)
        changed = SavedPrompt(
            prompt,
            user,
            stored.title if title is None else storable(title)[:TITLE_CHARS],
            stored.text if text is None else storable(text),
        )
        new = {"new_title": changed.title, "new_prompt": changed.text}
        await self._transaction.write("change prompt", _CHANGE, this | new)
        return changed

    async def remove(self, user: UserId, prompt: PromptId) -> None:
        """Remove a prompt."""
        result = await self._transaction.write(
            "remove prompt", _REMOVE, {"this": prompt, "owner": user}
        )
        if result.rowcount == 0:
            raise PromptNotFound(prompt)
