"""Taking things out of the history, for good; turns that still write to them are stopped."""

from collections.abc import Iterable

from application.ports.signals import Signals
from application.ports.unit_of_work import Stores, UnitOfWork
from domain.ids import ConversationId, MessageId, UserId
from domain.turn.record import TurnRecord


class DeleteConversation:
    """Removes a conversation with all that was said in it."""

    def __init__(self, work: UnitOfWork, signals: Signals) -> None:
        self._work = work
        self._signals = signals

    async def __call__(self, user: UserId, conversation: ConversationId) -> list[MessageId]:
        """Return the ids of the messages that were shown in it.

        Raises:
            ConversationNotFound: the user has no such conversation.
        """

        async def remove(db: Stores) -> tuple[list[MessageId], list[TurnRecord]]:
            removed = await db.conversations.remove(user, conversation)
            return removed, await db.turns.running_in(user, conversation)

        removed, running = await self._work.run(remove)
        await _stop(self._signals, running)
        return removed


class DeleteMessages:
    """Removes messages of one conversation, with their earlier versions."""

    def __init__(self, work: UnitOfWork, signals: Signals) -> None:
        self._work = work
        self._signals = signals

    async def __call__(
        self, user: UserId, conversation: ConversationId, messages: tuple[MessageId, ...]
    ) -> int:
        """Return how many of these were there; ids of other conversations are passed over.

        Raises:
            ConversationNotFound: the user has no such conversation.
        """

        async def remove(db: Stores) -> tuple[int, list[TurnRecord]]:
            count = await db.conversations.remove_messages(user, conversation, messages)
            return count, await db.turns.running_in(user, conversation)

        count, running = await self._work.run(remove)
        gone = set(messages)
        await _stop(
            self._signals, (turn for turn in running if {turn.question, turn.answer} & gone)
        )
        return count


async def _stop(signals: Signals, turns: Iterable[TurnRecord]) -> None:
    for record in turns:
        await signals.cancel(record.turn, deleted=True)
