"""What memory keeps of rows that are gone."""

from application.ports.personal_data import Remains
from domain.account import Account


class MemoryRemains(Remains):
    """Nothing; it notes who was to be forgotten."""

    def __init__(self) -> None:
        self.forgotten: list[Account] = []

    async def forget(self, account: Account) -> None:
        """Note the account."""
        self.forgotten.append(account)
