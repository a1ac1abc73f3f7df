"""Another branch of a conversation."""

from application.history.shown import Shown, shown
from application.ports.unit_of_work import Stores, UnitOfWork
from domain.conversation.conversation import StoredMessage
from domain.conversation.tree import placed, turnout
from domain.errors import MessageNotFound
from domain.ids import ConversationId, MessageId, UserId


class ShowVersion:
    """Shows the branch that goes through a message, in place of the one shown so far."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    async def __call__(
        self, user: UserId, conversation: ConversationId, message: MessageId
    ) -> Shown:
        """Return the conversation as everybody sees it from now on; nothing is lost.

        Raises:
            ConversationNotFound: the user has no such conversation.
            MessageNotFound: the conversation has no such message.
        """

        async def switch(db: Stores) -> Shown:
            found = await db.conversations.hold(user, conversation)
            rows = await db.conversations.every_message(user, conversation)
            if all(row.message_id != message for row in rows):
                raise MessageNotFound(message)
            await _switch(db, rows, message)
            return await shown(db, found)

        return await self._work.run(switch, repeatable=True)


async def _switch(db: Stores, rows: list[StoredMessage], chosen: MessageId) -> None:
    tree = placed(rows)
    turned = turnout(tree, chosen)
    if not turned.shown and not turned.hidden:
        return
    # What follows from what is shown must be written down before that changes.
    parents = {
        row.message_id: in_tree.parent_id
        for row, in_tree in zip(rows, tree, strict=True)
        if row.parent_id != in_tree.parent_id
    }
    await db.conversations.turn_out(rows[0].customer_id, rows[0].session_id, turned, parents)
