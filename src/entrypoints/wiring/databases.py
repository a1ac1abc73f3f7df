"""Where the databases are, and bringing their tables up to date.

These are for commands, which have no event loop yet: each runs one until it is done.
"""

import asyncio
from collections.abc import Sequence

from adapters.sql import migrations
from domain.storage_errors import StorageError
from entrypoints.wiring.settings import DatabaseName, Settings

DATABASES: tuple[DatabaseName, ...] = ("main", "garmin", "blood", "ufc")
SERVED: tuple[DatabaseName, ...] = ("main",)
"""Those that a server uses; the others hold no tables yet, and cost a start nothing."""


def upgrade(
    settings: Settings, databases: Sequence[DatabaseName] = SERVED, to: str = migrations.HEAD
) -> dict[str, bool]:
    """Bring tables to a version; return for each database whether there was anything to do.

    Raises:
        NotConfigured: a URL names no database we know.
        StorageError: the data stands in the way, or a database has no such version; says what to
            do, in one line.
        StorageUnavailable: a database cannot be reached.
    """
    _check_version(databases, to)

    async def all_of_them() -> dict[str, bool]:
        return {
            name: await migrations.upgrade(name, settings.database_url(name), to)
            for name in databases
        }

    return asyncio.run(all_of_them())


def downgrade(settings: Settings, databases: Sequence[DatabaseName], to: str) -> dict[str, bool]:
    """Take tables back to a version, or to `base`: none at all, and no data.

    Return for each database whether there was anything to do.
    """
    _check_version(databases, to)

    async def all_of_them() -> dict[str, bool]:
        return {
            name: await migrations.downgrade(name, settings.database_url(name), to)
            for name in databases
        }

    return asyncio.run(all_of_them())


def stamp(settings: Settings, databases: Sequence[DatabaseName], to: str) -> None:
    """Write down that the tables are at a version, without touching them."""
    _check_version(databases, to)

    async def all_of_them() -> None:
        for name in databases:
            await migrations.stamp(name, settings.database_url(name), to)

    asyncio.run(all_of_them())


def check(settings: Settings, databases: Sequence[DatabaseName] = SERVED) -> list[str]:
    """Return in what the tables differ from what this release expects."""

    async def all_of_them() -> list[str]:
        return [
            line
            for name in databases
            for line in await migrations.check(name, settings.database_url(name))
        ]

    return asyncio.run(all_of_them())


def in_use(settings: Settings) -> list[DatabaseName]:
    """Return those databases that a server uses, and those that somebody has begun."""

    async def begun(name: DatabaseName) -> bool:
        return await migrations.current(name, settings.database_url(name)) is not None

    async def all_of_them() -> list[DatabaseName]:
        return [name for name in DATABASES if name in SERVED or await begun(name)]

    return asyncio.run(all_of_them())


def _check_version(databases: Sequence[DatabaseName], to: str) -> None:
    """Refuse a version that one of them lacks before any of them is changed."""
    if to in (migrations.HEAD, migrations.BASE):
        return
    for name in databases:
        if to not in (known := migrations.versions(name)):
            others = " Name one by --database." if len(databases) > 1 else ""
            raise StorageError(
                "migrate",
                f"There is no version {to!r} of {name}; known: {', '.join(known)}.{others}",
            )
