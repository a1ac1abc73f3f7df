"""Whatever holds data of users."""

from typing import Protocol

from domain.account import Account


class PersonalData(Protocol):
    """A place that can forget a user: tables, logs in memory, folders, indexes, queues."""

    async def forget(self, account: Account) -> None:
        """Remove all that belongs to the account. Safe to repeat; having nothing is no error.

        Raises:
            ParleyError: something may be left, and the same call may succeed later.
        """
        ...


class Remains(PersonalData, Protocol):
    """What the main database keeps of rows that are gone already."""
