"""Transactions in memory, with the stores in them."""

from collections import deque
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from adapters.memory.accounts import MemoryAccounts
from adapters.memory.arrivals import MemoryArrivals
from adapters.memory.batch_jobs import MemoryBatchJobs
from adapters.memory.conversations import MemoryConversations
from adapters.memory.fulltext import MemoryFullText
from adapters.memory.holdings import MemoryHoldings
from adapters.memory.lookup import MemoryLookup
from adapters.memory.prompts import MemoryPrompts
from adapters.memory.state import Draft, Shelf
from adapters.memory.turn_records import MemoryTurnRecords
from adapters.memory.usage_records import MemoryUsageRecords
from adapters.memory.video_jobs import MemoryVideoJobs
from application.ports.clock import Clock
from application.ports.unit_of_work import Stores, UnitOfWork
from domain.storage_errors import OutcomeUnknown, StorageUnavailable, TransactionLost


class MemoryStores(Stores):
    """The stores of one transaction."""

    def __init__(self, draft: Draft, clock: Clock) -> None:
        self._accounts = MemoryAccounts(draft, clock)
        self._conversations = MemoryConversations(draft, clock)
        self._lookup = MemoryLookup(draft)
        self._fulltext = MemoryFullText(draft)
        self._prompts = MemoryPrompts(draft)
        self._turns = MemoryTurnRecords(draft)
        self._usage = MemoryUsageRecords(draft)
        self._video_jobs = MemoryVideoJobs(draft)
        self._holdings = MemoryHoldings(draft)
        self._arrivals = MemoryArrivals(draft)
        self._batches = MemoryBatchJobs(draft)

    @property
    def accounts(self) -> MemoryAccounts:
        """Users."""
        return self._accounts

    @property
    def conversations(self) -> MemoryConversations:
        """Conversations and messages."""
        return self._conversations

    @property
    def lookup(self) -> MemoryLookup:
        """What is looked for across conversations."""
        return self._lookup

    @property
    def fulltext(self) -> MemoryFullText:
        """Messages found by their words."""
        return self._fulltext

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

    @property
    def video_jobs(self) -> MemoryVideoJobs:
        """Clips that have been ordered."""
        return self._video_jobs

    @property
    def holdings(self) -> MemoryHoldings:
        """All that is stored of an account."""
        return self._holdings

    @property
    def arrivals(self) -> MemoryArrivals:
        """What comes out of archives."""
        return self._arrivals

    @property
    def batches(self) -> MemoryBatchJobs:
        """Batches of requests."""
        return self._batches


class MemoryUnitOfWork(UnitOfWork):
    """Opens transactions on rows that live as long as this object.

    A test takes the database away by `away = True`, or for the next few transactions by
    `fail_next`; each then raises `StorageUnavailable` as it begins. `undo_next` and `doubt_next`
    break the commits of those that write, `lose_next` ends any of them. `opened` counts them all.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._shelf = Shelf()
        self._failing = 0
        self._undone = 0
        self._lost = 0
        self._doubted: deque[bool] = deque()
        self.away = False
        self.opened = 0

    def fail_next(self, times: int = 1) -> None:
        """Let the next transactions find no database."""
        self._failing = times

    def undo_next(self, times: int = 1) -> None:
        """Let the next transactions that write be undone: `TransactionLost`."""
        self._undone = times

    def lose_next(self, times: int = 1) -> None:
        """Let the next transactions lose their connection: `TransactionLost`."""
        self._lost = times

    def doubt_next(self, *stored: bool) -> None:
        """Let the next that write be lost while they commit, each stored or not."""
        self._doubted.extend(stored)

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
        self._commit(draft)

    def _commit(self, draft: Draft) -> None:
        if self._lost:
            self._lost -= 1
            draft.end(keep=False)
            raise TransactionLost("read")
        if draft.wrote and self._undone:
            self._undone -= 1
            draft.end(keep=False)
            raise TransactionLost("commit")
        if draft.wrote and self._doubted:
            draft.end(keep=self._doubted.popleft())
            raise OutcomeUnknown("commit")
        draft.end(keep=True)
