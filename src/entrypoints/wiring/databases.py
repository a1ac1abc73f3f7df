"""Where the databases are, and bringing their tables up to date.

These are for commands, which have no event loop yet: each runs one until it is done.
"""

import asyncio
from collections.abc import Sequence

from adapters.sql import migrations
from entrypoints.wiring.settings import Settings

DATABASES = ("main",)


def database_url(settings: Settings, database: str) -> str:
    """Return the URL of a database."""
    return {"main": settings.database_url}[database]


def upgrade(
    settings: Settings, databases: Sequence[str] = DATABASES, to: str = migrations.HEAD
) -> dict[str, bool]:
    """Bring tables to a version; return for each database whether there was anything to do.

    Raises:
        NotConfigured: a URL names no database we know.
        StorageError: the data stands in the way; says what to do, in one line.
        StorageUnavailable: a database cannot be reached.
    """

    async def all_of_them() -> dict[str, bool]:
        return {
            name: await migrations.upgrade(name, database_url(settings, name), to)
            for name in databases
        }

    return asyncio.run(all_of_them())


def downgrade(settings: Settings, databases: Sequence[str], to: str) -> None:
    """Take tables back to a version, or to `base`: none at all, and no data."""

    async def all_of_them() -> None:
        for name in databases:
            await migrations.downgrade(name, database_url(settings, name), to)

    asyncio.run(all_of_them())


def stamp(settings: Settings, databases: Sequence[str], to: str) -> None:
    """Write down that the tables are at a version, without touching them."""

    async def all_of_them() -> None:
        for name in databases:
            await migrations.stamp(name, database_url(settings, name), to)

    asyncio.run(all_of_them())


def check(settings: Settings, databases: Sequence[str] = DATABASES) -> list[str]:
    """Return in what the tables differ from what this release expects."""

    async def all_of_them() -> list[str]:
        return [
            line
            for name in databases
            for line in await migrations.check(name, database_url(settings, name))
        ]

    return asyncio.run(all_of_them())
