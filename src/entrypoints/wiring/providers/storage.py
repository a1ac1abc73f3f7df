"""What outlives the process, and who may see it."""

from collections.abc import AsyncIterator

from dishka import Provider, Scope, provide  # pyright: ignore[reportUnknownVariableType] - dishka's own

from adapters.argon2.passwords import Argon2Passwords
from adapters.jwt.tokens import JwtTokens
from adapters.sql.engine import Database, open_database
from adapters.sql.unit_of_work import SqlUnitOfWork
from application.ports.clock import Clock
from application.ports.passwords import Passwords
from application.ports.tokens import Tokens
from application.ports.unit_of_work import UnitOfWork
from entrypoints.wiring.auth_secret import auth_secret
from entrypoints.wiring.databases import database_url
from entrypoints.wiring.settings import Settings


class StorageProvider(Provider):
    """The main database, passwords and tokens."""

    scope = Scope.APP

    passwords = provide(Argon2Passwords, provides=Passwords)
    work = provide(SqlUnitOfWork, provides=UnitOfWork)

    @provide
    async def main_database(self, settings: Settings) -> AsyncIterator[Database]:
        """Connects when it is first used."""
        database = open_database(database_url(settings, "main"))
        yield database
        await database.close()

    @provide
    def tokens(self, settings: Settings, clock: Clock) -> Tokens:
        """Signed with the server's own secret."""
        return JwtTokens(auth_secret(settings), clock)
