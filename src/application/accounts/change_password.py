"""A user's own change of password."""

from application.accounts.confirm_password import ConfirmPassword
from application.accounts.log_in import LoggedIn
from application.accounts.passwords_rule import check_new_password
from application.accounts.token_versions import TokenVersions
from application.ports.passwords import Passwords
from application.ports.tokens import Tokens
from application.ports.unit_of_work import Stores, UnitOfWork
from domain.account import Account
from domain.errors import InvalidRequest
from domain.ids import UserId

OLD, NEW = "old_password", "new_password"


class ChangePassword:
    """Replaces the password and revokes every token; the caller gets a new one."""

    def __init__(
        self,
        work: UnitOfWork,
        confirm: ConfirmPassword,
        passwords: Passwords,
        tokens: Tokens,
        versions: TokenVersions,
    ) -> None:
        self._work = work
        self._confirm = confirm
        self._passwords = passwords
        self._tokens = tokens
        self._versions = versions

    async def __call__(self, user: UserId, old: str, new: str) -> LoggedIn:
        """Return the account and the only token for it that counts from now on.

        Raises:
            InvalidRequest: the old password is wrong, or the new one cannot be one.
            TooManyAttempts: the old password was not even looked at.
        """
        check_new_password(new, NEW)
        confirmed = await self._confirm(user, old, OLD)
        hashed = await self._passwords.hash(new)

        async def replace(db: Stores) -> Account:
            # First what makes others wait: of two changes at once the second finds the password
            # replaced that it was confirmed with.
            await db.accounts.revoke_tokens(user)
            account = await db.accounts.get(user)
            if account.password_hash != confirmed.password_hash:
                raise InvalidRequest("The password was changed meanwhile", OLD)
            await db.accounts.set_password(user, hashed)
            return account

        account = await self._work.run(replace)
        self._versions.forget(user)
        return LoggedIn(account, self._tokens.issue(account))
