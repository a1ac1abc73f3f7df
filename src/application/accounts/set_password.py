"""Another password for an account."""

from application.accounts.passwords_rule import check_new_password
from application.accounts.token_versions import TokenVersions
from application.ports.passwords import Passwords
from application.ports.unit_of_work import Stores, UnitOfWork
from domain.account import Account
from domain.errors import AccountNotFound


class SetPassword:
    """Replaces a password without asking for the old one: a tool for operators.

    Tokens issued before are revoked: whoever knew the old password may hold one.
    """

    def __init__(self, work: UnitOfWork, passwords: Passwords, versions: TokenVersions) -> None:
        self._work = work
        self._passwords = passwords
        self._versions = versions

    async def __call__(self, name: str, password: str) -> Account:
        """Set the password of the account with this username or e-mail address.

        Raises:
            AccountNotFound: there is none.
            InvalidRequest: the password is empty or too long.
        """
        check_new_password(password)
        hashed = await self._passwords.hash(password)

        async def replace(db: Stores) -> Account:
            account = await db.accounts.named(name.strip())
            if account is None:
                raise AccountNotFound(name)
            await db.accounts.set_password(account.id, hashed)
            await db.accounts.revoke_tokens(account.id)
            return account

        account = await self._work.run(replace, repeatable=True)
        self._versions.forget(account.id)
        return account
