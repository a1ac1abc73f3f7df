"""What is looked for across all conversations of a user."""

from typing import Protocol

from domain.conversation.activity import CharacterActivity
from domain.conversation.conversation import Conversation, StoredMessage
from domain.conversation.files import FileQuery
from domain.ids import UserId


class Lookup(Protocol):
    """Read inside a unit of work. The owner is part of every query; hidden versions never count."""

    async def search(self, user: UserId, text: str, limit: int) -> list[Conversation]:
        """Return conversations in which the text occurs, newest `last_update` first.

        It may be in a message, the name or the character, in any case of letters; every character
        of it stands for itself. The empty text is in all of them. Conversations with neither
        messages nor a task status are left out.
        """
        ...

    async def favourites(self, user: UserId) -> list[StoredMessage]:
        """Return the user's favourite messages, in order of writing."""
        ...

    async def with_files(self, user: UserId, wanted: FileQuery) -> list[StoredMessage]:
        """Return a page of the messages that carry what is looked for, newest first."""
        ...

    async def activity(self, user: UserId) -> list[CharacterActivity]:
        """Return what goes on with each character, in order of their names."""
        ...
