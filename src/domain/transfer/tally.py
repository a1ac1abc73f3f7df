"""How many records of each kind there are."""

from msgspec import Struct

from domain.transfer.records import (
    ArchivedConversation,
    ArchivedMessage,
    ArchivedPrompt,
    ArchivedUsage,
    Record,
)

_NAMES = {
    ArchivedPrompt: "prompts",
    ArchivedUsage: "usage",
    ArchivedConversation: "conversations",
    ArchivedMessage: "messages",
}


class Tally(Struct, frozen=True, kw_only=True):
    """Records by kind."""

    prompts: int = 0
    usage: int = 0
    conversations: int = 0
    messages: int = 0

    @property
    def records(self) -> int:
        """All of them."""
        return self.prompts + self.usage + self.conversations + self.messages


class Counter:
    """Adds records up."""

    def __init__(self) -> None:
        self._counts = dict.fromkeys(_NAMES.values(), 0)

    def add(self, record: Record) -> None:
        """Count one more."""
        self._counts[_NAMES[type(record)]] += 1

    @property
    def tally(self) -> Tally:
        """What was counted so far."""
        return Tally(**self._counts)
