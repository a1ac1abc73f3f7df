"""A conversation as it is shown."""

from msgspec import Struct

from application.ports.unit_of_work import Stores
from domain.conversation.conversation import Conversation, StoredMessage
from domain.conversation.tree import placed


class Shown(Struct, frozen=True):
    """A conversation, with its messages in order of writing where they were asked for."""

    conversation: Conversation
    messages: tuple[StoredMessage, ...] | None = None


async def shown(
    db: Stores,
    conversation: Conversation,
    *,
    with_messages: bool = True,
    with_versions: bool = False,
) -> Shown:
    """Return the conversation with its messages, if wanted with every version of them."""
    if not with_messages:
        return Shown(conversation)
    user, this = conversation.owner, conversation.id
    if with_versions:
        return Shown(conversation, tuple(placed(await db.conversations.every_message(user, this))))
    said = await db.conversations.messages(user, (this,))
    return Shown(conversation, tuple(said.get(this, ())))
