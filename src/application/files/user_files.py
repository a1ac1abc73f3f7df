"""The files of an account that ends."""

from application.ports.files import Files
from application.ports.personal_data import PersonalData
from domain.account import Account


class UserFiles(PersonalData):
    """Everything that was uploaded by the user or made for the user."""

    def __init__(self, files: Files) -> None:
        self._files = files

    async def forget(self, account: Account) -> None:
        """Remove them.

        Raises:
            FilesUnavailable: some may be left.
        """
        await self._files.delete_all(account.id)
