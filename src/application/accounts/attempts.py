"""How often a password may be tried."""

from collections.abc import AsyncGenerator, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from application.ports.personal_data import PersonalData
from application.ports.rate_limits import RateLimits
from domain.account import Account
from domain.errors import ParleyError
from domain.ids import UserId
from domain.storage_errors import StorageError

WINDOW_S = 300
_NAME, _ADDRESS, _ACCOUNT = "login name", "login address", "password of account"
_KEY_LENGTH = 200
"""Longer names belong to nobody; they must not fill the memory of the limits."""


class TooManyAttempts(ParleyError):
    """This name, address or account has used up its attempts for now."""

    code = "too_many_attempts"

    def __init__(self, retry_after_s: float) -> None:
        super().__init__("Too many login attempts; try again later")
        self.retry_after_s = retry_after_s


class Attempts(PersonalData):
    """Counts those that failed, by name, by address, and by account where a token says whose it is.

    A username and an e-mail address are counted apart, although they may name the same account:
    a common count would tell a stranger that they do.
    """

    def __init__(self, limits: RateLimits, allowed: int = 10) -> None:
        """Take the limits, and how many attempts each has in five minutes."""
        self._limits = limits
        self._allowed = allowed

    def login(self, name: str, address: str) -> AbstractAsyncContextManager[None]:
        """Count an attempt to log in while the block runs, and for good if it is a wrong guess.

        Entering raises:
            TooManyAttempts: the address or the name has none left.
        """
        # The address first: one that has none left must not use up those of anybody's name.
        return self._counting((_ADDRESS, address), (_NAME, _folded(name)))

    def confirmation(self, user: UserId) -> AbstractAsyncContextManager[None]:
        """Count, as `login`, an attempt of a logged-in user to prove that it is really them.

        Entering raises:
            TooManyAttempts: the account has none left.
        """
        return self._counting((_ACCOUNT, str(user)))

    async def forget(self, account: Account) -> None:
        """Forget the attempts on the account; addresses are forgotten as their window closes."""
        for name in filter(None, (account.username, account.email)):
            await self._limits.forget(_NAME, _folded(name), self._allowed, WINDOW_S)
        await self._limits.forget(_ACCOUNT, str(account.id), self._allowed, WINDOW_S)

    @asynccontextmanager
    async def _counting(self, *counts: tuple[str, str]) -> AsyncGenerator[None, None]:
        """Count before the password is looked at, so that guesses side by side are no more.

        Who got in has not guessed, nor has anybody whose password was not looked at: they leave
        their attempts to the others of their address.
        """
        for place, (purpose, key) in enumerate(counts):
            wait_s = await self._limits.spend(purpose, key, self._allowed, WINDOW_S)
            if wait_s > 0:
                await self._give_back(counts[:place])
                raise TooManyAttempts(wait_s)
        try:
            yield
        except StorageError:
            await self._give_back(counts)
            raise
        await self._give_back(counts)

    async def _give_back(self, counts: Iterable[tuple[str, str]]) -> None:
        for purpose, key in counts:
            await self._limits.give_back(purpose, key, self._allowed, WINDOW_S)


def _folded(name: str) -> str:
    return name.strip().casefold()[:_KEY_LENGTH]
