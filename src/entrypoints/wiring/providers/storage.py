"""What outlives the process, and who may see it."""

from collections.abc import AsyncIterator
from typing import NewType

from dishka import Provider, Scope, provide  # pyright: ignore[reportUnknownVariableType] - dishka's own

from adapters.argon2.passwords import Argon2Passwords
from adapters.jwt.tokens import JwtTokens
from adapters.sql.engine import Database, Pool, open_database
from adapters.sql.remains import SqlRemains
from adapters.sql.unit_of_work import SqlUnitOfWork
from application.ports.clock import Clock
from application.ports.passwords import Passwords
from application.ports.personal_data import Remains
from application.ports.tokens import Tokens
from application.ports.unit_of_work import UnitOfWork
from entrypoints.wiring.auth_secret import auth_secret
from entrypoints.wiring.settings import DatabaseName, Settings

GarminDatabase = NewType("GarminDatabase", Database)
BloodDatabase = NewType("BloodDatabase", Database)
UfcDatabase = NewType("UfcDatabase", Database)


class StorageProvider(Provider):
    """The databases, passwords and tokens. A database connects when it is first used."""

    scope = Scope.APP

    passwords = provide(Argon2Passwords, provides=Passwords)
    work = provide(SqlUnitOfWork, provides=UnitOfWork)

    @provide
    async def main_database(self, settings: Settings) -> AsyncIterator[Database]:
        """Users and their conversations."""
        database = _opened(settings, "main")
        yield database
        await database.close()

    @provide
    async def garmin_database(self, settings: Settings) -> AsyncIterator[GarminDatabase]:
        """What a watch has recorded."""
        database = _opened(settings, "garmin")
        yield GarminDatabase(database)
        await database.close()

    @provide
    async def blood_database(self, settings: Settings) -> AsyncIterator[BloodDatabase]:
        """Blood tests."""
        database = _opened(settings, "blood")
        yield BloodDatabase(database)
        await database.close()

    @provide
    async def ufc_database(self, settings: Settings) -> AsyncIterator[UfcDatabase]:
        """Fighters and bouts."""
        database = _opened(settings, "ufc")
        yield UfcDatabase(database)
        await database.close()

    @provide
    def remains(self, database: Database) -> Remains:
        """Of the main database only: the others hold nothing yet."""
        return SqlRemains(database)

    @provide
    def tokens(self, settings: Settings, clock: Clock) -> Tokens:
        """Signed with the server's own secret."""
        return JwtTokens(auth_secret(settings), clock)


def _opened(settings: Settings, name: DatabaseName) -> Database:
    pool = Pool(
        settings.db_pool_size,
        settings.db_max_overflow,
        settings.db_pool_timeout_s,
        settings.db_connect_timeout_s,
        settings.db_pool_recycle_s,
    )
    return open_database(settings.database_url(name), pool, variable=f"{name.upper()}_DB_URL")
