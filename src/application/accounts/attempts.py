"""How often a password may be tried."""

from application.ports.personal_data import PersonalData
from application.ports.rate_limits import RateLimits
from domain.account import Account
from domain.errors import ParleyError
from domain.ids import UserId

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
    """Counts them by name, by address, and by account where a token says whose it is.

    A username and an e-mail address are counted apart, although they may name the same account:
    a common count would tell a stranger that they do.
    """

    def __init__(self, limits: RateLimits, allowed: int = 10) -> None:
        """Take the limits, and how many attempts each has in five minutes."""
        self._limits = limits
        self._allowed = allowed

    async def spend_login(self, name: str, address: str) -> None:
        """Count an attempt to log in.

        Raises:
            TooManyAttempts: the name or the address has none left.
        """
        await self._spend(_NAME, _folded(name))
        await self._spend(_ADDRESS, address)

    async def spend_confirmation(self, user: UserId) -> None:
        """Count an attempt of somebody who is logged in to prove that it is really them.

        Raises:
            TooManyAttempts: the account has none left.
        """
        await self._spend(_ACCOUNT, str(user))

    async def forget(self, account: Account) -> None:
        """Forget the attempts on the account; addresses are forgotten as their window closes."""
        for name in filter(None, (account.username, account.email)):
            await self._limits.forget(_NAME, _folded(name), self._allowed, WINDOW_S)
        await self._limits.forget(_ACCOUNT, str(account.id), self._allowed, WINDOW_S)

    async def _spend(self, purpose: str, key: str) -> None:
        wait_s = await self._limits.spend(purpose, key, self._allowed, WINDOW_S)
        if wait_s > 0:
            raise TooManyAttempts(wait_s)


def _folded(name: str) -> str:
    return name.strip().casefold()[:_KEY_LENGTH]
