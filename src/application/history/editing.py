"""One message edited in place; what it said before stays beside it as a version."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct

from application.ports.unit_of_work import Stores
from domain.conversation.conversation import MessageDraft, StoredMessage
from domain.conversation.editing import answered_anew, editable, is_overwritten, loses
from domain.errors import InvalidRequest, MessageNotFound
from domain.ids import ConversationId, MessageId, UserId


class Edited(Struct, frozen=True):
    """The message, and the version it had before where that was worth keeping."""

    message: MessageId
    written_at: datetime
    earlier: MessageId | None


async def held(db: Stores, user: UserId, message: MessageId) -> StoredMessage:
    """Return a message that nobody else changes before the transaction ends.

    Raises:
        MessageNotFound: the user has no such message.
    """
    found = await db.conversations.message(user, message)
    if found is not None:
        await db.conversations.hold(user, found.session_id)
        found = await db.conversations.message(user, message)  # As others have left it.
    if found is None:
        raise MessageNotFound(message)
    return found


async def edit(
    db: Stores,
    user: UserId,
    conversation: ConversationId,
    draft: MessageDraft,
    *,
    written_by_turn: Mapping[str, Any] | None = None,
    after: MessageId | None = None,
) -> Edited | None:
    """Change the message a draft names to what the draft states; its conversation must be held.

    Args:
        db: the open transaction.
        user: whose message it is.
        conversation: where it must belong.
        draft: what is stated; what it leaves out stays.
        written_by_turn: columns of an answer that a turn writes anew; what the earlier answer had
            and this one has not is then cleared.
        after: what the earlier version follows; what the message follows when left out.

    Returns:
        None when the draft names no message of this user in this conversation.

    Raises:
        InvalidRequest: as `change`, unless a turn writes it.
    """
    stored = await db.conversations.message(user, draft.message_id or MessageId(0))
    if stored is None or stored.session_id != conversation:
        return None
    changes = editable(stored, draft.stated())
    if written_by_turn is None:
        earlier = await change(db, stored, changes, after=after)
    else:
        changes = {**answered_anew(stored), **changes, **written_by_turn}
        earlier = await _set(db, stored, changes, after)
    return Edited(stored.message_id, stored.created_at, earlier)


async def change(
    db: Stores,
    stored: StoredMessage,
    changes: dict[str, Any],
    *,
    after: MessageId | None = None,
) -> MessageId | None:
    """Set columns of a message; return the id of the version kept, if something would be lost.

    Raises:
        InvalidRequest: it is an answer that grows, and its turn would undo the changes.
    """
    if is_overwritten(stored, changes):
        raise InvalidRequest("This answer is still being written; cancel it first", "message_id")
    return await _set(db, stored, changes, after)


async def _set(
    db: Stores, stored: StoredMessage, changes: dict[str, Any], after: MessageId | None
) -> MessageId | None:
    this = (stored.customer_id, stored.session_id, stored.message_id)
    earlier = None
    if loses(stored, changes):
        earlier = await db.conversations.keep_version(*this, after)
    await db.conversations.change_message(*this, changes)
    return earlier
