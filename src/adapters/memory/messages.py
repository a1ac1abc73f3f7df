"""Messages in memory: one half of the store of conversations."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from msgspec import structs

from adapters.memory.state import Draft, State
from application.ports.clock import Clock
from domain.conversation.conversation import (
    AnswerState,
    Conversation,
    MessageDraft,
    Place,
    Sender,
    StoredMessage,
)
from domain.conversation.tree import Turnout, branch
from domain.conversation.writing import (
    fitted,
    moment_after,
    written,
)
from domain.errors import ConversationNotFound
from domain.ids import ConversationId, MessageId, TurnId, UserId

_FIXED = frozenset({"message_id", "session_id", "customer_id", "sender", "created_at", "siblings"})
_CHANGEABLE = frozenset(StoredMessage.__struct_fields__) - _FIXED
_BLANK = StoredMessage(
    message_id=MessageId(0),
    session_id=ConversationId(""),
    customer_id=UserId(0),
    sender=Sender.SYSTEM,
    created_at=datetime.min.replace(tzinfo=UTC),
)
"""What a store gives back where nothing is kept."""


class MemoryMessages:
    """Read and written inside a unit of work. The owner is part of every look-up."""

    def __init__(self, draft: Draft, clock: Clock) -> None:
        self._draft = draft
        self._clock = clock

    async def messages(
        self, user: UserId, conversations: tuple[ConversationId, ...]
    ) -> dict[ConversationId, list[StoredMessage]]:
        """Return the messages of the user's conversations, each in order of writing.

        Every conversation asked for is in the answer; one that is missing or foreign is empty.
        """
        return {name: branch(await self.every_message(user, name)) for name in conversations}

    async def every_message(
        self, user: UserId, conversation: ConversationId
    ) -> list[StoredMessage]:
        """Return all rows of one conversation as they are stored, in order of writing."""
        said = [
            message
            for message in self._draft.state.messages.values()
            if (message.customer_id, message.session_id) == (user, conversation)
        ]
        return sorted(said, key=lambda message: (message.created_at, message.message_id))

    async def message(self, user: UserId, message: MessageId) -> StoredMessage | None:
        """Return the user's message of this id, as it is stored, shown or not."""
        found = self._draft.state.messages.get(message)
        return found if found is not None and found.customer_id == user else None

    async def end(self, user: UserId, conversation: ConversationId) -> Place:
        """Return where a message goes that is written now."""
        owned(self._draft.state, user, conversation)
        said = await self.every_message(user, conversation)
        shown = [message.message_id for message in said if not message.replaced]
        at = moment_after(said[-1].created_at if said else None, self._clock.now())
        return Place(at, shown[-1] if shown else None)

    async def add_message(
        self,
        user: UserId,
        conversation: ConversationId,
        sender: Sender,
        draft: MessageDraft,
        *,
        turn: TurnId | None = None,
        state: AnswerState | None = None,
        place: Place | None = None,
        usage: Mapping[str, Any] | None = None,
    ) -> MessageId:
        """Store a message, by default at the end of the conversation, and return its id.

        Raises:
            ConversationNotFound: there is none, or it is somebody else's.
        """
        rows = await self._draft.writing()
        place = place or await self.end(user, conversation)
        owned(self._draft.state, user, conversation)
        if place.after is not None:
            before = await self.message(user, place.after)
            if before is None or before.session_id != conversation:
                raise ConversationNotFound(conversation)
            if place.asked_by not in (None, before.turn_id):
                raise ConversationNotFound(conversation)
        message = StoredMessage(
            message_id=MessageId(rows.last_message + 1),
            session_id=conversation,
            customer_id=user,
            sender=sender,
            created_at=place.at,
            parent_id=place.after,
            turn_id=turn,
            state=state,
            usage=usage,
            **written(sender, draft),
        )
        self._draft.put(rows.with_message(message))
        return message.message_id

    async def change_message(
        self,
        user: UserId,
        conversation: ConversationId,
        message: MessageId,
        changes: dict[str, Any],
        *,
        turn: TurnId | None = None,
    ) -> bool:
        """Set the given columns (names of `StoredMessage`) and nothing else.

        Raises:
            ValueError: a name is not that of a column which may change.
        """
        if not changes.keys() <= _CHANGEABLE:
            raise ValueError(f"not changeable: {sorted(changes.keys() - _CHANGEABLE)}")
        found = self._draft.state.messages.get(message)
        if found is None or (found.customer_id, found.session_id) != (user, conversation):
            return False
        if turn is not None and found.turn_id != turn:
            return False
        new = {name: _read_back(name, value) for name, value in fitted(changes).items()}
        rows = await self._draft.writing()
        rows.messages[message] = structs.replace(rows.messages[message], **new)
        return True

    async def grow_message(
        self,
        user: UserId,
        conversation: ConversationId,
        message: MessageId,
        changes: dict[str, Any],
        *,
        turn: TurnId,
    ) -> None:
        """Set columns of a running answer, if it is there and the turn's own."""
        await self.change_message(user, conversation, message, changes, turn=turn)

    async def keep_version(
        self,
        user: UserId,
        conversation: ConversationId,
        message: MessageId,
        after: MessageId | None = None,
    ) -> MessageId | None:
        """Store a copy of a message, as it is, beside it: an earlier version that is not shown."""
        rows = await self._draft.writing()
        stored = await self.message(user, message)
        if stored is None or stored.session_id != conversation:
            return None
        copy = structs.replace(
            stored,
            message_id=MessageId(rows.last_message + 1),
            parent_id=after or stored.parent_id,
            version_of=stored.place,
            replaced=True,
            state=(
                AnswerState.INTERRUPTED if stored.state is AnswerState.RUNNING else stored.state
            ),
        )
        self._draft.put(rows.with_message(copy))
        return copy.message_id

    async def turn_out(
        self,
        user: UserId,
        conversation: ConversationId,
        turned: Turnout,
        parents: Mapping[MessageId, MessageId | None],
    ) -> None:
        """Show another branch; before, write down what messages follow where it was not said."""
        rows = await self._draft.writing()
        for message in await self.every_message(user, conversation):
            key = message.message_id
            rows.messages[key] = structs.replace(
                message,
                parent_id=parents.get(key, message.parent_id),
                replaced=(message.replaced or key in turned.hidden) and key not in turned.shown,
            )


def owned(state: State, user: UserId, conversation: ConversationId) -> Conversation:
    """Return the user's conversation.

    Raises:
        ConversationNotFound: there is none, or it is somebody else's.
    """
    found = state.conversations.get(conversation)
    if found is None or found.owner != user:
        raise ConversationNotFound(conversation)
    return found


def _read_back(name: str, value: Any) -> Any:
    """Return what a store gives back for a value."""
    if value is None:
        return getattr(_BLANK, name)
    return tuple(value) if isinstance(value, list) else value  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
