"""Transactions in memory, with the stores in them."""

from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from adapters.memory.accounts import MemoryAccounts
from adapters.memory.archive import MemoryArchive
from adapters.memory.conversations import MemoryConversations
from adapters.memory.prompts import MemoryPrompts
from adapters.memory.state import Draft, Shelf
from adapters.memory.turn_records import MemoryTurnRecords
from adapters.memory.usage_records import MemoryUsageRecords
from application.ports.clock import Clock
from application.ports.unit_of_work import Stores, UnitOfWork
from domain.errors import StorageUnavailable


class MemoryStores(Stores):
    """The stores of one transaction."""

    def __init__(self, draft: Draft, clock: Clock) -> None:
        self._accounts = MemoryAccounts(draft, clock)
        self._conversations = MemoryConversations(draft, clock)
        self._archive = MemoryArchive(draft)
        self._prompts = MemoryPrompts(draft)
        self._turns = MemoryTurnRecords(draft)
        self._usage = MemoryUsageRecords(draft)

    @property
    def accounts(self) -> MemoryAccounts:
        """Users."""
        return self._accounts

    @property
    def conversations(self) -> MemoryConversations:
        """Conversations and messages."""
        return self._conversations

    @property
    def archive(self) -> MemoryArchive:
        """What is looked for across conversations."""
        return self._archive

    @property
    def prompts(self) -> MemoryPrompts:
        """Saved prompts."""
        return self._prompts

    @property
    def turns(self) -> MemoryTurnRecords:
        """Durable traces of turns."""
        return self._turns

    @property
    def usage(self) -> MemoryUsageRecords:
        """What users have used."""
        return self._usage


class MemoryUnitOfWork(UnitOfWork):
    """Opens transactions on rows that live as long as this object.

    A test takes the database away by `away = True`, or for the next few transactions by
    `fail_next`; each then raises `StorageUnavailable` as it begins. `opened` counts them all.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._shelf = Shelf()
        self._failing = 0
        self.away = False
        self.opened = 0

    def fail_next(self, times: int = 1) -> None:
        """Let the next transactions find no database."""
        self._failing = times

    def __call__(self) -> AbstractAsyncContextManager[Stores]:
        """Begin a transaction."""
        return self._transaction()

    @asynccontextmanager
    async def _transaction(self) -> AsyncGenerator[Stores, None]:
        self.opened += 1
        if self.away or self._failing:
            self._failing = max(0, self._failing - 1)
            raise StorageUnavailable("begin")
        draft = Draft(self._shelf)
        try:
            yield MemoryStores(draft, self._clock)
        except BaseException:
            draft.end(keep=False)
            raise
        draft.end(keep=True)
