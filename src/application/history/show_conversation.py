"""One conversation of the user."""

from application.history.shown import Shown, shown
from application.ports.unit_of_work import Stores, UnitOfWork
from domain.conversation.conversation import Conversation, ConversationDraft
from domain.conversation.writing import kept_character
from domain.errors import InvalidRequest
from domain.ids import ConversationId, UserId


class ShowConversation:
    """One conversation, by its id or as the newest with a character."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    async def __call__(
        self,
        user: UserId,
        conversation: ConversationId | None = None,
        *,
        character: str | None = None,
        with_messages: bool = True,
        with_versions: bool = False,
    ) -> Shown:
        """Return the conversation named, else the newest one with the character.

        A character that was never spoken with gets a new conversation.

        Raises:
            ConversationNotFound: the user has no such conversation.
            InvalidRequest: neither a conversation nor a character is named.
        """

        async def show(db: Stores) -> Shown:
            found = await _find(db, user, conversation, character)
            return await shown(db, found, with_messages=with_messages, with_versions=with_versions)

        # Made already, the conversation with the character is found.
        return await self._work.run(show, repeatable=True)


async def _find(
    db: Stores, user: UserId, conversation: ConversationId | None, character: str | None
) -> Conversation:
    if conversation:
        return await db.conversations.get(user, conversation)
    if not character:
        raise InvalidRequest(
            "Either session_id or ai_character_name must be provided", "session_id"
        )
    newest = await db.conversations.newest_of(user, kept_character(character))
    return newest or await db.conversations.open(user, ConversationDraft(character=character))
