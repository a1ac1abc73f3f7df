"""Tokens that speak for a user."""

from typing import Protocol

from domain.account import Account
from domain.ids import UserId


class Tokens(Protocol):
    """Signed, expiring proofs of who is calling."""

    def issue(self, account: Account) -> str:
        """Return a token for the account, good for 90 days."""
        ...

    def read(self, token: str | None) -> UserId:
        """Return whom the token speaks for.

        Raises:
            NotAuthenticated: missing, expired, forged or malformed; `reason` says which.
        """
        ...
