"""Messages in the table the contract names: one half of the store of conversations."""

from collections.abc import Mapping
from typing import Any

from adapters.sql.listing import MESSAGES_OF
from adapters.sql.message_statements import (
    END,
    INSERT_ANSWER,
    INSERT_FIRST,
    INSERT_NEXT,
    KEEP_VERSION,
    MESSAGE,
    MESSAGE_EXISTS,
    SET_PARENT,
    SET_REPLACED,
    change_message,
)
from adapters.sql.prepared import Prepared
from adapters.sql.rows import (
    CHANGEABLE,
    message_of,
    message_row,
    storable,
)
from adapters.sql.transaction import Transaction
from adapters.sql.words import IDS_A_QUERY, SqlWords
from application.ports.clock import Clock
from domain.conversation.conversation import (
    AnswerState,
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
from domain.errors import AccountNotFound, ConversationNotFound
from domain.ids import ConversationId, MessageId, TurnId, UserId


class SqlMessages:
    """Read and written inside a unit of work. The owner is part of every query."""

    def __init__(self, transaction: Transaction, clock: Clock) -> None:
        self._transaction = transaction
        self._clock = clock
        self._words = SqlWords(transaction)
        self._ends: dict[tuple[UserId, ConversationId], Place | None] = {}

    async def messages(
        self, user: UserId, conversations: tuple[ConversationId, ...]
    ) -> dict[ConversationId, list[StoredMessage]]:
        """Return the messages of the user's conversations, each in order of writing.

        Every conversation asked for is in the answer; one that is missing or foreign is empty.
        """
        found: dict[ConversationId, list[StoredMessage]] = {name: [] for name in conversations}
        for start in range(0, len(conversations), IDS_A_QUERY):
            ids = conversations[start : start + IDS_A_QUERY]
            rows = await self._transaction.all(
                "read messages", MESSAGES_OF, {"owner": user, "sessions": ids}
            )
            for message in map(message_of, rows):
                found.setdefault(message.session_id, []).append(message)
        return {name: branch(said) for name, said in found.items()}

    async def every_message(
        self, user: UserId, conversation: ConversationId
    ) -> list[StoredMessage]:
        """Return all rows of one conversation as they are stored, in order of writing."""
        rows = await self._transaction.all(
            "read messages", MESSAGES_OF, {"owner": user, "sessions": (conversation,)}
        )
        return [message_of(row) for row in rows]

    async def message(self, user: UserId, message: MessageId) -> StoredMessage | None:
        """Return the user's message of this id, as it is stored, shown or not."""
        row = await self._transaction.first(
            "read message", MESSAGE, {"message": message, "owner": user}
        )
        return None if row is None else message_of(row)

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
        place = place or await self.end(user, conversation)
        row: dict[str, Any] = {
            **message_row(
                {**written(sender, draft), "turn_id": turn, "state": state, "usage": usage}
            ),
            "session_id": conversation,
            "customer_id": user,
            "sender": sender.value,
            "responding_agent": None,
            "created_at": place.at,
            "parent_id": place.after,
        }
        try:
            added = await self._transaction.run(
                "add message", _insert(place), row | {"asked_by": place.asked_by}, owner=user
            )
        except AccountNotFound as error:
            # The conversation went away while this waited for its row.
            raise ConversationNotFound(conversation) from error
        if not added.rowcount or added.lastrowid is None:
            raise ConversationNotFound(conversation)
        message = MessageId(added.lastrowid)
        await self._words.add(user, message, row)
        self._ends[user, conversation] = Place(place.at, message)
        return message

    async def end(self, user: UserId, conversation: ConversationId) -> Place:
        """Return where a message goes that is written now; in a new conversation unasked."""
        known, now = self._ends, self._clock.now()
        if (user, conversation) not in known:
            await self._transaction.queue_to_write()
            row = await self._transaction.first(
                "add message", END, {"session": conversation, "owner": user}
            )
            if row is None:
                raise ConversationNotFound(conversation)
            known[user, conversation] = (
                None if row["moment"] is None else Place(row["moment"], row["last"])
            )
        last = known[user, conversation]
        return Place(now, None) if last is None else Place(moment_after(last.at, now), last.after)

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
        this = {"this_message": message, "this_session": conversation, "this_owner": user}
        if not changes:
            return await self._transaction.first("find", MESSAGE_EXISTS, this) is not None
        columns = _columns(changes)
        statement = change_message(tuple(columns), by_turn=turn is not None)
        result = await self._transaction.run(
            "change message", statement, this | _new(columns) | {"this_turn": turn}
        )
        if result.rowcount:
            await self._index(user, conversation, message, columns, by_turn=turn is not None)
        return result.rowcount > 0

    async def grow_message(
        self,
        user: UserId,
        conversation: ConversationId,
        message: MessageId,
        changes: dict[str, Any],
        *,
        turn: TurnId,
    ) -> None:
        """Set columns of a running answer, if it is there and the turn's own.

        Raises:
            ValueError: a name is not that of a column which may change.
        """
        this = {"this_message": message, "this_session": conversation, "this_owner": user}
        columns = _columns(changes)
        statement = change_message(tuple(columns), by_turn=True)
        await self._transaction.gather(statement, this | _new(columns) | {"this_turn": turn})

    async def _index(
        self,
        user: UserId,
        conversation: ConversationId,
        message: MessageId,
        changes: Mapping[str, Any],
        *,
        by_turn: bool,
    ) -> None:
        """Keep what is found in step with a message that was changed."""
        if changes.get("state") == AnswerState.RUNNING:
            # A checkpoint; what an answer takes the place of was left out when it began.
            if not by_turn:
                await self._words.drop(message)
        elif "message" in changes:
            await self._words.put(user, message, changes["message"])
        elif not changes.keys().isdisjoint(("state", "replaced")):
            await self._words.renew(user, conversation, (message,))

    async def turn_out(
        self,
        user: UserId,
        conversation: ConversationId,
        turned: Turnout,
        parents: Mapping[MessageId, MessageId | None],
    ) -> None:
        """Show another branch; before, write down what messages follow where it was not said."""
        this = {"this_session": conversation, "this_owner": user}
        if parents:
            rows = [
                {**this, "this_message": key, "new_parent": parent}
                for key, parent in parents.items()
            ]
            await self._transaction.write("show a branch", SET_PARENT, rows)
        for replaced, ids in ((False, turned.shown), (True, turned.hidden)):
            for start in range(0, len(ids), IDS_A_QUERY):
                some = {"ids": tuple(ids)[start : start + IDS_A_QUERY], "new_replaced": replaced}
                await self._transaction.write("show a branch", SET_REPLACED, this | some)
        await self._words.renew(user, conversation, turned.shown | turned.hidden)
        self._ends.pop((user, conversation), None)

    async def keep_version(
        self,
        user: UserId,
        conversation: ConversationId,
        message: MessageId,
        after: MessageId | None = None,
    ) -> MessageId | None:
        """Store a copy of a message, as it is, beside it: an earlier version that is not shown."""
        kept = await self._transaction.run(
            "keep version",
            KEEP_VERSION,
            {"message": message, "session": conversation, "owner": user, "after": after},
        )
        return MessageId(kept.lastrowid) if kept.rowcount and kept.lastrowid else None


def _insert(place: Place) -> Prepared:
    if place.after is None:
        return INSERT_FIRST
    return INSERT_NEXT if place.asked_by is None else INSERT_ANSWER


def _columns(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return changes as columns hold them."""
    if not changes.keys() <= CHANGEABLE:
        raise ValueError(f"not changeable: {sorted(changes.keys() - CHANGEABLE)}")
    return {name: storable(value) for name, value in fitted(changes).items()}


def _new(columns: Mapping[str, Any]) -> dict[str, Any]:
    return {f"new_{name}": value for name, value in columns.items()}
