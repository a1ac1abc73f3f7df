"""Runs the versions of one database, whichever section of alembic.ini it is called by.

`adapters.sql.migrations` passes a connection that holds the migration lock. By hand, the URL comes
from the variable of the database: `MAIN_DB_URL=... alembic -n main upgrade head`.
"""

import asyncio
import os
from typing import Any

from alembic import context
from sqlalchemy import Column, Connection, MetaData

from adapters.sql.matching import WORDS_INDEX
from adapters.sql.migrations import METADATA, locked, version_table
from adapters.sql.tables.naming import TYPE_VARIES

database = context.config.config_ini_section


def differs(_: Any, __: Any, column: Column[Any], *___: Any) -> bool | None:
    """Leave alone the type of a column that each earlier server made in its own way."""
    return False if column.info.get(TYPE_VARIES) else None


def compared(name: str | None, kind: str, metadata: MetaData) -> bool:
    if kind == "index":
        return name != WORDS_INDEX  # Each engine has its own, of which SQLAlchemy knows nothing.
    # Databases may share a schema, and hold tables that are not ours.
    return kind != "table" or name in metadata.tables


def run(connection: Connection) -> None:
    metadata = METADATA[database]
    context.configure(
        connection=connection,
        target_metadata=metadata,
        version_table=version_table(database),
        include_name=lambda name, kind, parents: compared(name, kind, metadata),
        compare_type=differs,
        render_as_batch=connection.dialect.name == "sqlite",
    )
    with context.begin_transaction():
        context.run_migrations()


async def online() -> None:
    async with locked(database, os.environ[f"{database.upper()}_DB_URL"]) as connection:
        await connection.run_sync(run)


given = context.config.attributes.get("connection")
if given is None:
    asyncio.run(online())
else:
    run(given)
