"""Users in the table the contract names."""

from collections.abc import Collection

from msgspec import structs
from sqlalchemy import bindparam, delete, func, or_, select, update

from adapters.sql.prepared import row_into
from adapters.sql.rows import account_of, account_row, storable
from adapters.sql.tables.chat import messages, metadata, sessions, users
from adapters.sql.transaction import Transaction
from application.ports.accounts import Accounts
from application.ports.clock import Clock
from domain.account import Account
from domain.errors import AccountNotFound, AlreadyExists
from domain.ids import UserId
from domain.storage_errors import StorageError

_INSERT = row_into(users, "username", "password", "email", "created_at", "token_version")
_BY_ID = select(users).where(users.c.customer_id == bindparam("id"))
_BY_NAME = (
    select(users)
    .where(or_(users.c.username == bindparam("name"), users.c.email == bindparam("name")))
    .order_by(users.c.customer_id)
)
_BY_LOWER_NAME = (
    select(users)
    .where(
        or_(
            func.lower(users.c.username) == bindparam("name"),
            func.lower(users.c.email) == bindparam("name"),
        )
    )
    .order_by(users.c.customer_id)
)
_ALL = select(users).order_by(users.c.customer_id)
_SET_PASSWORD = (
    update(users)
    .where(users.c.customer_id == bindparam("id"))
    .values(password=bindparam("new_password"))
)

_ADOPTED_HASH = select(users.c.password).where(users.c.password.like("$2%")).limit(1)
_VERSIONS = select(users.c.customer_id, users.c.token_version).where(
    users.c.customer_id.in_(bindparam("ids", expanding=True))
)
_REVOKE = (
    update(users)
    .where(users.c.customer_id == bindparam("id"))
    .values(token_version=users.c.token_version + 1)
)
_REMOVE = [
    # In a database taken over, conversations may hold messages of others.
    delete(messages).where(
        messages.c.session_id.in_(
            select(sessions.c.session_id).where(sessions.c.customer_id == bindparam("id"))
        )
    ),
    *(
        delete(table).where(table.c.customer_id == bindparam("id"))
        for table in reversed(metadata.sorted_tables)
        if "customer_id" in table.c
    ),
]
"""Every row belongs to somebody; the account itself comes last, since the others name it.

The words of messages go with the messages.
"""


class SqlAccounts(Accounts):
    """Read and written inside a unit of work."""

    def __init__(self, transaction: Transaction, clock: Clock) -> None:
        self._transaction = transaction
        self._clock = clock

    async def add(self, username: str, password_hash: str, email: str | None) -> Account:
        """Store a new user; a name is taken also when it is another user's e-mail address."""
        await self._transaction.queue_to_write()
        for name in (username, email):
            if name and await self.named(name) is not None:
                raise AlreadyExists("This username or e-mail address is taken")
        account = Account(
            id=UserId(0),
            username=storable(username),
            password_hash=password_hash,
            email=storable(email) or None,
            created_at=self._clock.now(),
        )
        try:
            added = await self._transaction.run("add account", _INSERT, account_row(account))
        except AlreadyExists as error:
            raise AlreadyExists("This username or e-mail address is taken") from error
        return structs.replace(account, id=UserId(added.lastrowid or 0))

    async def get(self, user: UserId) -> Account:
        """Return the account."""
        row = await self._transaction.first("get account", _BY_ID, {"id": user})
        if row is None:
            raise AccountNotFound(user)
        return account_of(row)

    async def named(self, name: str) -> Account | None:
        """Return the account with this e-mail address or username (case counts in neither)."""
        # The first query uses the indexes; the second finds what differs in the case of letters
        # that the column's collation does not fold.
        wanted = storable(name).lower()
        for statement, value in ((_BY_NAME, storable(name)), (_BY_LOWER_NAME, wanted)):
            rows = await self._transaction.all("find account", statement, {"name": value})
            for account in map(account_of, rows):
                # MySQL's collations also fold accents, which do count.
                if wanted in (account.username.lower(), account.email and account.email.lower()):
                    return account
        return None

    async def set_password(self, user: UserId, password_hash: str) -> None:
        """Replace the password's hash."""
        result = await self._transaction.write(
            "set password", _SET_PASSWORD, {"id": user, "new_password": password_hash}
        )
        if result.rowcount == 0:
            raise AccountNotFound(user)

    async def adopted_hash(self) -> str | None:
        """Return any one bcrypt hash that is left of an adopted database, or None."""
        row = await self._transaction.first("find adopted hash", _ADOPTED_HASH)
        return None if row is None else row["password"]

    async def token_versions(self, users: Collection[UserId]) -> dict[UserId, int]:
        """Return the version of each user's tokens; who does not exist is left out."""
        rows = await self._transaction.all("token versions", _VERSIONS, {"ids": sorted(users)})
        return {UserId(row["customer_id"]): row["token_version"] for row in rows}

    async def revoke_tokens(self, user: UserId) -> None:
        """Raise the version of the user's tokens."""
        result = await self._transaction.write("revoke tokens", _REVOKE, {"id": user})
        if result.rowcount == 0:
            raise AccountNotFound(user)

    async def remove(self, user: UserId) -> None:
        """Remove the account with every row of this database that belongs to it."""
        removed = 0
        try:
            for statement in _REMOVE:
                result = await self._transaction.write("remove account", statement, {"id": user})
                removed = result.rowcount
        except AccountNotFound as error:
            raise StorageError(
                "remove account",
                "Tables that are not Parley's hold rows of this account; remove those first",
            ) from error
        if removed == 0:
            raise AccountNotFound(user)

    async def all(self) -> list[Account]:
        """Return every account by ascending id."""
        return [account_of(row) for row in await self._transaction.all("list accounts", _ALL)]
