"""Name and password → a token."""

import structlog
from msgspec import Struct

from application.accounts.attempts import Attempts
from application.ports.passwords import Passwords
from application.ports.tokens import Tokens
from application.ports.unit_of_work import Stores, UnitOfWork
from domain.account import Account
from domain.errors import BadCredentials
from domain.storage_errors import StorageError

log = structlog.get_logger("accounts")


class LoggedIn(Struct, frozen=True):
    """Who it is, and the token that speaks for them."""

    account: Account
    token: str


class LogIn:
    """Checks a password; takes as long for a name that does not exist."""

    def __init__(
        self, work: UnitOfWork, passwords: Passwords, tokens: Tokens, attempts: Attempts
    ) -> None:
        self._work = work
        self._passwords = passwords
        self._tokens = tokens
        self._attempts = attempts

    async def __call__(self, name: str, password: str, address: str) -> LoggedIn:
        """Return the account with this username or e-mail address, and a token for it.

        A hash of an older kind is renewed on the way.

        Raises:
            BadCredentials: name and password do not fit, for whatever reason.
            TooManyAttempts: the password was not even looked at.
        """
        async with self._attempts.login(name, address):
            account = await self._known(name.strip(), password)
        if self._passwords.outdated(account.password_hash):
            await self._renew(account, password)
        return LoggedIn(account, self._tokens.issue(account))

    async def _known(self, name: str, password: str) -> Account:
        async def look_up(db: Stores) -> tuple[Account | None, str | None]:
            return await db.accounts.named(name), await db.accounts.adopted_hash()

        account, adopted = await self._work.run(look_up)
        stored = account.password_hash if account else None
        fits = await self._passwords.verify(password, stored, adopted)
        if account is None or not fits:
            raise BadCredentials
        return account

    async def _renew(self, account: Account, password: str) -> None:
        renewed = await self._passwords.hash(password)
        try:
            await self._work.run(
                lambda db: db.accounts.set_password(account.id, renewed), repeatable=True
            )
        except StorageError as error:
            # Whoever logs in has done nothing wrong; the next login tries again.
            log.warning("password hash not renewed", customer=account.id, error=error.code)
