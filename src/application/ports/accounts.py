"""Users as they are stored."""

from typing import Protocol

from domain.account import Account
from domain.ids import UserId


class Accounts(Protocol):
    """Read and written inside a unit of work."""

    async def add(self, username: str, password_hash: str, email: str | None) -> Account:
        """Store a new user and return it with its id.

        Raises:
            AlreadyExists: the username or the e-mail address is taken.
        """
        ...

    async def get(self, user: UserId) -> Account:
        """Return the account.

        Raises:
            AccountNotFound: there is none.
        """
        ...

    async def named(self, name: str) -> Account | None:
        """Return the account with this e-mail address or username (case counts in neither)."""
        ...

    async def set_password(self, user: UserId, password_hash: str) -> None:
        """Replace the password's hash.

        Raises:
            AccountNotFound: there is no such user.
        """
        ...

    async def all(self) -> list[Account]:
        """Return every account by ascending id."""
        ...
