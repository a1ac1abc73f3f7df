"""Users as they are stored."""

from collections.abc import Collection
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

    async def adopted_hash(self) -> str | None:
        """Return any one bcrypt hash that is left of an adopted database, or None."""
        ...

    async def token_versions(self, users: Collection[UserId]) -> dict[UserId, int]:
        """Return the version of each user's tokens; who does not exist is left out."""
        ...

    async def revoke_tokens(self, user: UserId) -> None:
        """Raise the version of the user's tokens, so that none issued before counts.

        Raises:
            AccountNotFound: there is no such user.
        """
        ...

    async def remove(self, user: UserId) -> None:
        """Remove the account with every row of this database that belongs to it.

        Its id is never given to anybody else.

        Raises:
            AccountNotFound: there is no such user.
            StorageError: tables that are not ours hold rows of the account.
        """
        ...

    async def all(self) -> list[Account]:
        """Return every account by ascending id."""
        ...
