"""Transactions with the stores in them."""

from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress

from adapters.sql.accounts import SqlAccounts
from adapters.sql.arrivals import SqlArrivals
from adapters.sql.batch_jobs import SqlBatchJobs
from adapters.sql.conversations import SqlConversations
from adapters.sql.engine import Database
from adapters.sql.fulltext import SqlFullText
from adapters.sql.holdings import SqlHoldings
from adapters.sql.lookup import SqlLookup
from adapters.sql.prompts import SqlPrompts
from adapters.sql.transaction import Transaction
from adapters.sql.turn_records import SqlTurnRecords
from adapters.sql.usage_records import SqlUsageRecords
from adapters.sql.video_jobs import SqlVideoJobs
from application.flow.undisturbed import undisturbed
from application.ports.clock import Clock
from application.ports.unit_of_work import Stores, UnitOfWork
from domain.storage_errors import StorageError

_ENDING = "end of a transaction"


class SqlStores(Stores):
    """The stores of one transaction."""

    def __init__(self, transaction: Transaction, clock: Clock) -> None:
        self._accounts = SqlAccounts(transaction, clock)
        self._conversations = SqlConversations(transaction, clock)
        self._lookup = SqlLookup(transaction)
        self._fulltext = SqlFullText(transaction)
        self._prompts = SqlPrompts(transaction)
        self._turns = SqlTurnRecords(transaction)
        self._usage = SqlUsageRecords(transaction)
        self._video_jobs = SqlVideoJobs(transaction)
        self._holdings = SqlHoldings(transaction)
        self._arrivals = SqlArrivals(transaction)
        self._batches = SqlBatchJobs(transaction)

    @property
    def accounts(self) -> SqlAccounts:
        """Users."""
        return self._accounts

    @property
    def conversations(self) -> SqlConversations:
        """Conversations and messages."""
        return self._conversations

    @property
    def lookup(self) -> SqlLookup:
        """What is looked for across conversations."""
        return self._lookup

    @property
    def fulltext(self) -> SqlFullText:
        """Messages found by their words."""
        return self._fulltext

    @property
    def prompts(self) -> SqlPrompts:
        """Saved prompts."""
        return self._prompts

    @property
    def turns(self) -> SqlTurnRecords:
        """Durable traces of turns."""
        return self._turns

    @property
    def usage(self) -> SqlUsageRecords:
        """What users have used."""
        return self._usage

    @property
    def video_jobs(self) -> SqlVideoJobs:
        """Clips that have been ordered."""
        return self._video_jobs

    @property
    def holdings(self) -> SqlHoldings:
        """All that is stored of an account."""
        return self._holdings

    @property
    def arrivals(self) -> SqlArrivals:
        """What comes out of archives."""
        return self._arrivals

    @property
    def batches(self) -> SqlBatchJobs:
        """Batches of requests."""
        return self._batches


class SqlUnitOfWork(UnitOfWork):
    """Opens transactions on one database.

    Opening costs nothing: the connection is taken by the first statement, so that is where an
    absent database is noticed. A commit that has begun is carried through before a cancellation
    goes on its way; the outcome of a cancelled block is thereby never in doubt.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def __call__(self) -> AbstractAsyncContextManager[Stores]:
        """Begin a transaction."""
        return self._transaction()

    @asynccontextmanager
    async def _transaction(self) -> AsyncGenerator[Stores, None]:
        transaction = Transaction(self._database)
        try:
            yield SqlStores(transaction, self._clock)
        except BaseException:
            # What went wrong first is what the caller must hear of; the log has the rest.
            with suppress(StorageError):
                await undisturbed(transaction.close(), _ENDING)
            raise
        await undisturbed(transaction.commit(), _ENDING)
