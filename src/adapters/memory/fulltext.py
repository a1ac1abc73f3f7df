"""Messages found by their words, in memory: every message is looked at."""

from collections.abc import Sequence

from adapters.memory.state import Draft
from application.ports.fulltext import FullText
from domain.conversation.conversation import AnswerState, Conversation, StoredMessage
from domain.fulltext.found import Hit
from domain.fulltext.frequent import COMMON, LOOKED_AT, RECENT, Occurrences, best
from domain.fulltext.query import Term, occurs
from domain.fulltext.words import indexed
from domain.ids import ConversationId, MessageId, UserId


class MemoryFullText(FullText):
    """Read inside a unit of work. The owner is part of every look-up."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft

    async def newest(self, user: UserId) -> MessageId | None:
        """Return the user's newest message, shown or not; None where there is none."""
        return max(self._recent(user, None), default=None)

    async def hits(
        self, user: UserId, terms: Sequence[Term], limit: int, up_to: MessageId | None = None
    ) -> list[Hit]:
        """Return the messages in which all terms occur, best first, then newest first."""
        counted = [
            ([occurs(term, held) for term in terms], len(held), message)
            for message in self._found(user)
            for held in [indexed(message.message)]
        ]
        held_by = [
            sum(counts[number] > 0 for counts, *_ in counted) for number in range(len(terms))
        ]
        found = [
            Occurrences(message.message_id, message.session_id, length, tuple(counts))
            for counts, length, message in counted
            if all(counts) and (up_to is None or message.message_id <= up_to)
        ]
        found.sort(key=lambda one: one.message, reverse=True)
        recent = self._recent(user, up_to)
        if sum(one.message in recent for one in found) >= COMMON:
            return best(found[:LOOKED_AT])[:limit]
        # Stable: what weighs the same stays newest first.
        found.sort(
            key=lambda one: sum(n / rare for n, rare in zip(one.counts, held_by, strict=True)),
            reverse=True,
        )
        return [Hit(one.message, one.conversation) for one in found[:limit]]

    async def conversations(
        self, user: UserId, ids: Sequence[ConversationId]
    ) -> dict[ConversationId, Conversation]:
        """Return those of the conversations that are the user's."""
        kept = self._draft.state.conversations
        return {one: kept[one] for one in ids if one in kept and kept[one].owner == user}

    async def messages(
        self, user: UserId, ids: Sequence[MessageId]
    ) -> dict[MessageId, StoredMessage]:
        """Return those of the messages that are the user's and are shown."""
        wanted = set(ids)
        return {one.message_id: one for one in self._found(user) if one.message_id in wanted}

    def _recent(self, user: UserId, up_to: MessageId | None) -> set[MessageId]:
        keys = [
            key
            for key, message in self._draft.state.messages.items()
            if message.customer_id == user and (up_to is None or key <= up_to)
        ]
        return set(sorted(keys)[-RECENT:])

    def _found(self, user: UserId) -> list[StoredMessage]:
        return [
            message
            for message in self._draft.state.messages.values()
            if message.customer_id == user
            and not message.replaced
            and message.state is not AnswerState.RUNNING
        ]
