"""Tokens that speak for a user."""

from math import inf
from typing import Protocol

from msgspec import Struct

from domain.account import Account
from domain.ids import UserId


class Bearer(Struct, frozen=True):
    """Whom a token speaks for, as long as the account's tokens are of this version."""

    user: UserId
    version: int
    expires_s: float = inf
    """When it stops to count, in seconds since 1970 (UTC)."""


class Tokens(Protocol):
    """Signed, expiring proofs of who is calling."""

    def issue(self, account: Account) -> str:
        """Return a token for the account and its present version, good for 90 days."""
        ...

    def read(self, token: str | None) -> Bearer:
        """Return what the token says; whether that still counts, only the account can tell.

        A token without a version, as an earlier server made it, is of version 0.

        Raises:
            NotAuthenticated: missing, expired, forged or malformed; `reason` says which.
        """
        ...
