"""One short transaction, holding the stores."""

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from application.ports.accounts import Accounts
from application.ports.archive import Archive
from application.ports.conversations import Conversations
from application.ports.prompts import Prompts
from application.ports.turn_records import TurnRecords
from application.ports.usage_records import UsageRecords


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
    def archive(self) -> Archive:
        """What is looked for across conversations."""
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


class UnitOfWork(Protocol):
    """Opens transactions: `async with work() as db: …`.

    A write whose outcome nobody waits for may be refused as late as at the end of the block.
    Leaving the block commits, an exception (cancellation too) rolls everything back. Nothing
    slow is awaited inside: no model, no client.

    Raises:
        StorageUnavailable: the database cannot be reached or has no connection to spare.
        StorageError: any other failure of the database; never a driver's exception.
    """

    def __call__(self) -> AbstractAsyncContextManager[Stores]:
        """Begin a transaction."""
        ...
