"""The end of an account and of everything that is kept of its user."""

from collections.abc import Sequence

import structlog

from application.accounts.confirm_password import ConfirmPassword
from application.accounts.token_versions import TokenVersions
from application.ports.personal_data import PersonalData
from application.ports.unit_of_work import Stores, UnitOfWork
from domain.account import Account
from domain.ids import UserId

log = structlog.get_logger("accounts")


class DeleteAccount:
    """Has every place that holds personal data forget the user, one after the other.

    The list of places is the wiring's, and complete: what stores anything of users must be in it.
    Places that can fail come before the account's own rows, so that the user can log in and ask
    again where one of them does.
    """

    def __init__(
        self, work: UnitOfWork, versions: TokenVersions, places: Sequence[PersonalData]
    ) -> None:
        self._work = work
        self._versions = versions
        self._places = places

    async def __call__(self, user: UserId) -> None:
        """Delete the account.

        Raises:
            AccountNotFound: there is none.
            ParleyError: a place could not be cleared; the account is there, its tokens are revoked.
        """

        async def revoke(db: Stores) -> Account:
            await db.accounts.revoke_tokens(user)
            return await db.accounts.get(user)

        account = await self._work.run(revoke, repeatable=True)
        self._versions.forget(user)
        for place in self._places:
            await place.forget(account)
        self._versions.forget(user)
        log.info("account deleted", customer=user)


class DeleteOwnAccount:
    """Deletes the account of a user who types the password once more."""

    def __init__(self, confirm: ConfirmPassword, delete: DeleteAccount) -> None:
        self._confirm = confirm
        self._delete = delete

    async def __call__(self, user: UserId, password: str) -> None:
        """Delete it.

        Raises:
            InvalidRequest: the password is wrong.
            TooManyAttempts: it was not even looked at.
            ParleyError: as `DeleteAccount`.
        """
        await self._confirm(user, password)
        await self._delete(user)
