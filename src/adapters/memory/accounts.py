"""Users in memory."""

from collections.abc import Collection

from msgspec import structs

from adapters.memory.state import Draft
from application.ports.accounts import Accounts
from application.ports.clock import Clock
from domain.account import Account
from domain.errors import AccountNotFound, AlreadyExists
from domain.ids import UserId


class MemoryAccounts(Accounts):
    """Read and written inside a unit of work."""

    def __init__(self, draft: Draft, clock: Clock) -> None:
        self._draft = draft
        self._clock = clock

    async def add(self, username: str, password_hash: str, email: str | None) -> Account:
        """Store a new user; a name is taken also when it is another user's e-mail address."""
        state = await self._draft.writing()
        for name in (username, email):
            if name and await self.named(name) is not None:
                raise AlreadyExists("This username or e-mail address is taken")
        account = Account(
            id=UserId(state.last_account + 1),
            username=username,
            password_hash=password_hash,
            email=email or None,
            created_at=self._clock.now(),
        )
        self._draft.put(state.with_account(account))
        return account

    async def get(self, user: UserId) -> Account:
        """Return the account."""
        account = self._draft.state.accounts.get(user)
        if account is None:
            raise AccountNotFound(user)
        return account

    async def named(self, name: str) -> Account | None:
        """Return the account with this e-mail address or username (case counts in neither)."""
        wanted = name.lower()
        for account in await self.all():
            if wanted in (account.username.lower(), account.email and account.email.lower()):
                return account
        return None

    async def set_password(self, user: UserId, password_hash: str) -> None:
        """Replace the password's hash."""
        state = await self._draft.writing()
        account = await self.get(user)
        state.accounts[user] = structs.replace(account, password_hash=password_hash)

    async def adopted_hash(self) -> str | None:
        """Return None: nothing is ever adopted here."""
        return None

    async def token_versions(self, users: Collection[UserId]) -> dict[UserId, int]:
        """Return the version of each user's tokens; who does not exist is left out."""
        accounts = self._draft.state.accounts
        return {user: accounts[user].token_version for user in users if user in accounts}

    async def revoke_tokens(self, user: UserId) -> None:
        """Raise the version of the user's tokens."""
        state = await self._draft.writing()
        account = await self.get(user)
        state.accounts[user] = structs.replace(account, token_version=account.token_version + 1)

    async def remove(self, user: UserId) -> None:
        """Remove the account with every row that belongs to it."""
        state = await self._draft.writing()
        await self.get(user)
        self._draft.put(state.without(user))

    async def all(self) -> list[Account]:
        """Return every account by ascending id."""
        return [account for _, account in sorted(self._draft.state.accounts.items())]
