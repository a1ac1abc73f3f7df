"""Name and password → a token."""

import structlog
from msgspec import Struct

from application.ports.passwords import Passwords
from application.ports.rate_limits import RateLimits
from application.ports.tokens import Tokens
from application.ports.unit_of_work import UnitOfWork
from domain.account import Account
from domain.errors import BadCredentials, ParleyError, StorageError

log = structlog.get_logger("accounts")

WINDOW_S = 300
_KEY_LENGTH = 200
"""Longer names belong to nobody; they must not fill the memory of the limits."""


class TooManyAttempts(ParleyError):
    """This name or this address has used up its attempts for now."""

    code = "too_many_attempts"

    def __init__(self, retry_after_s: float) -> None:
        super().__init__("Too many login attempts; try again later")
        self.retry_after_s = retry_after_s


class LoggedIn(Struct, frozen=True):
    """Who it is, and the token that speaks for them."""

    account: Account
    token: str


class LogIn:
    """Checks a password; takes as long for a name that does not exist."""

    def __init__(
        self,
        work: UnitOfWork,
        passwords: Passwords,
        tokens: Tokens,
        limits: RateLimits,
        attempts: int = 10,
    ) -> None:
        """Take the ports, and how many attempts a name and an address have in five minutes."""
        self._work = work
        self._passwords = passwords
        self._tokens = tokens
        self._limits = limits
        self._attempts = attempts

    async def __call__(self, name: str, password: str, address: str) -> LoggedIn:
        """Return the account with this username or e-mail address, and a token for it.

        A hash of an older kind is renewed on the way.

        Raises:
            BadCredentials: name and password do not fit, for whatever reason.
            TooManyAttempts: the password was not even looked at.
        """
        await self._spend("login name", name.strip().casefold()[:_KEY_LENGTH])
        await self._spend("login address", address)
        async with self._work() as db:
            account = await db.accounts.named(name.strip())
        stored = account.password_hash if account else None
        fits = await self._passwords.verify(password, stored)
        if account is None or not fits:
            raise BadCredentials
        if self._passwords.outdated(account.password_hash):
            await self._renew(account, password)
        return LoggedIn(account, self._tokens.issue(account))

    async def _spend(self, purpose: str, key: str) -> None:
        wait_s = await self._limits.spend(purpose, key, self._attempts, WINDOW_S)
        if wait_s > 0:
            raise TooManyAttempts(wait_s)

    async def _renew(self, account: Account, password: str) -> None:
        renewed = await self._passwords.hash(password)
        try:
            async with self._work() as db:
                await db.accounts.set_password(account.id, renewed)
        except StorageError as error:
            # Whoever logs in has done nothing wrong; the next login tries again.
            log.warning("password hash not renewed", customer=account.id, error=error.code)
