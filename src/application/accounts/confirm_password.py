"""Makes sure that whoever holds a token also knows the password."""

from application.accounts.attempts import Attempts
from application.ports.passwords import Passwords
from application.ports.unit_of_work import UnitOfWork
from domain.account import Account
from domain.errors import InvalidRequest
from domain.ids import UserId


class ConfirmPassword:
    """A stolen token alone must neither change a password nor delete an account."""

    def __init__(self, work: UnitOfWork, passwords: Passwords, attempts: Attempts) -> None:
        self._work = work
        self._passwords = passwords
        self._attempts = attempts

    async def __call__(self, user: UserId, password: str, field: str = "password") -> Account:
        """Return the account, whose password this is.

        Args:
            user: who asks.
            password: as they typed it.
            field: where they typed it.

        Raises:
            InvalidRequest: it is not their password.
            TooManyAttempts: it was not even looked at.
        """
        async with self._attempts.confirmation(user):
            account = await self._work.run(lambda db: db.accounts.get(user))
            if not await self._passwords.verify(password, account.password_hash):
                raise InvalidRequest("The password is wrong", field)
        return account
