"""One short transaction, holding the stores."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol, TypeVar

from application.flow.again import until_done
from application.ports.accounts import Accounts
from application.ports.arrivals import Arrivals
from application.ports.batch_jobs import BatchJobs
from application.ports.conversations import Conversations
from application.ports.fulltext import FullText
from application.ports.holdings import Holdings
from application.ports.lookup import Lookup
from application.ports.prompts import Prompts
from application.ports.turn_records import TurnRecords
from application.ports.usage_records import UsageRecords
from application.ports.video_jobs import VideoJobs
from domain.storage_errors import OutcomeUnknown, TransactionLost

T = TypeVar("T")


class Stores(Protocol):
    """The stores of one open transaction."""

    @property
    def accounts(self) -> Accounts:
        """Users."""
        ...

    @property
    def conversations(self) -> Conversations:
        """Conversations and messages."""
        ...

    @property
    def lookup(self) -> Lookup:
        """What is looked for across conversations."""
        ...

    @property
    def fulltext(self) -> FullText:
        """Messages found by their words."""
        ...

    @property
    def prompts(self) -> Prompts:
        """Saved prompts."""
        ...

    @property
    def turns(self) -> TurnRecords:
        """Durable traces of turns."""
        ...

    @property
    def usage(self) -> UsageRecords:
        """What users have used."""
        ...

    @property
    def video_jobs(self) -> VideoJobs:
        """Clips that have been ordered."""
        ...

    @property
    def holdings(self) -> Holdings:
        """All that is stored of an account."""
        ...

    @property
    def arrivals(self) -> Arrivals:
        """What comes out of archives."""
        ...

    @property
    def batches(self) -> BatchJobs:
        """Batches of requests."""
        ...


class UnitOfWork(Protocol):
    """Transactions: what writes is given to `run`; what only reads may use `async with work()`.

    Nothing slow is awaited inside: no model, no client. A write whose outcome nobody waits for may
    be refused as late as at the end. An exception (cancellation too) rolls everything back.

    Raises:
        TransactionLost: the database undid the transaction, for the sake of another or because the
            connection broke; nothing is stored.
        OutcomeUnknown: the connection broke while the writes were committed: all are stored, or
            none.
        StorageUnavailable: the database cannot be reached or has no connection to spare.
        StorageError: any other failure of the database; never a driver's exception.
    """

    def __call__(self) -> AbstractAsyncContextManager[Stores]:
        """Begin a transaction, which leaving the block commits. It is tried once."""
        ...

    async def run(self, block: Callable[[Stores], Awaitable[T]], *, repeatable: bool = False) -> T:
        """Do the block in a transaction, in a new one each time the database undoes it.

        Deadlocks, locks waited for in vain and connections that break before the commit are
        thereby nobody's business; a database that is away is told at once. A block may begin
        anew any time up to its commit, so it changes nothing but the stores.

        Args:
            block: what is done with the stores; returns what this returns.
            repeatable: doing it twice does no harm, so that it is also done again where nobody
                knows whether it was stored. Anything else is never stored twice.
        """

        async def once() -> T:
            async with self() as db:
                return await block(db)

        return await until_done(
            once, (TransactionLost, OutcomeUnknown) if repeatable else TransactionLost
        )
