"""The end of every token of a user."""

from application.accounts.token_versions import TokenVersions
from application.ports.unit_of_work import UnitOfWork
from domain.ids import UserId


class LogOutEverywhere:
    """Revokes all tokens that were issued to a user.

    In this process that holds at once, in others within two seconds; open sockets are closed within
    three. Turns that run go on: they belong to the user, not to a device.
    """

    def __init__(self, work: UnitOfWork, versions: TokenVersions) -> None:
        self._work = work
        self._versions = versions

    async def __call__(self, user: UserId) -> None:
        """Revoke them.

        Raises:
            AccountNotFound: there is no such user.
        """
        await self._work.run(lambda db: db.accounts.revoke_tokens(user), repeatable=True)
        self._versions.forget(user)
