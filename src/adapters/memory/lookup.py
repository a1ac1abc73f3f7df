"""What is looked for across conversations, in memory."""

from adapters.memory.conversations import newest_first
from adapters.memory.state import Draft
from application.ports.lookup import Lookup
from domain.conversation.activity import OPEN_TASKS, CharacterActivity
from domain.conversation.conversation import Conversation, Sender, StoredMessage
from domain.conversation.files import FileQuery, carries
from domain.conversation.letters import small_letters
from domain.ids import ConversationId, UserId


class MemoryLookup(Lookup):
    """Read inside a unit of work. The owner is part of every look-up."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft

    async def search(self, user: UserId, text: str, limit: int) -> list[Conversation]:
        """Return conversations in which the text occurs, newest `last_update` first."""
        said: dict[ConversationId, list[str]] = {}
        for message in self._shown(user):
            said.setdefault(message.session_id, []).append(message.message or "")
        wanted = small_letters(text)
        found = [
            one
            for one in newest_first(self._draft.state, user)
            if (one.task_status is not None or one.id in said)
            and any(
                wanted in small_letters(place)
                for place in (one.name, one.character, *said.get(one.id, ()))
            )
        ]
        return found[:limit]

    async def favourites(self, user: UserId) -> list[StoredMessage]:
        """Return the user's favourite messages, in order of writing."""
        return [message for message in self._shown(user) if message.favorite]

    async def with_files(self, user: UserId, wanted: FileQuery) -> list[StoredMessage]:
        """Return a page of the messages that carry what is looked for, newest first."""
        found = [
            message
            for message in reversed(self._shown(user))
            if (wanted.until is None or message.created_at <= wanted.until)
            and (wanted.since is None or message.created_at >= wanted.since)
            and (not wanted.answers_only or message.sender is Sender.AI)
            and carries(message, wanted)
        ]
        end = wanted.offset + wanted.limit if wanted.limit else None
        return found[wanted.offset : end]

    async def activity(self, user: UserId) -> list[CharacterActivity]:
        """Return what goes on with each character, in order of their names."""
        by_name: dict[str, list[Conversation]] = {}
        for one in self._draft.state.conversations.values():
            if one.owner == user:
                by_name.setdefault(one.character, []).append(one)
        return [
            CharacterActivity(
                character=name,
                conversations=len(mine),
                open_tasks=sum(one.task_status in OPEN_TASKS for one in mine),
                last_update=max(one.last_update for one in mine),
            )
            for name, mine in sorted(by_name.items())
        ]

    def _shown(self, user: UserId) -> list[StoredMessage]:
        """Return the messages that are not hidden versions, in order of writing."""
        mine = (
            message
            for message in self._draft.state.messages.values()
            if message.customer_id == user and not message.replaced
        )
        return sorted(mine, key=lambda message: (message.created_at, message.message_id))
