"""Users in the table the contract names."""

from msgspec import structs
from sqlalchemy import bindparam, func, or_, select, update

from adapters.sql.prepared import row_into
from adapters.sql.rows import account_of, account_row, storable
from adapters.sql.tables.chat import users
from adapters.sql.transaction import Transaction
from application.ports.accounts import Accounts
from application.ports.clock import Clock
from domain.account import Account
from domain.errors import AccountNotFound, AlreadyExists
from domain.ids import UserId

_INSERT = row_into(users, "username", "password", "email", "created_at")
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

    async def all(self) -> list[Account]:
        """Return every account by ascending id."""
        return [account_of(row) for row in await self._transaction.all("list accounts", _ALL)]
