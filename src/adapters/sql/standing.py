"""Whether the tables that a database has are those of the version it says it is at.

A version is a claim: the statements of the next one fail, in words that help nobody, where it is
a wrong one.
"""

from collections.abc import Collection, Iterable

from sqlalchemy import MetaData

from adapters.sql.tables.naming import SINCE
from domain.storage_errors import StorageError


def refuse_strangers(database: str, metadata: MetaData, present: Collection[str]) -> None:
    """Refuse tables that look like ours in a database which knows no version.

    Raises:
        StorageError: says which they are, and how they are taken over.
    """
    if known := sorted(metadata.tables.keys() & set(present)):
        raise StorageError(
            "migrate",
            f"The {database} database already has tables ({', '.join(known)}) but no version."
            " If it comes from an earlier server, run: parley migrate stamp --to 0001",
        )


def refuse_missing(
    database: str, metadata: MetaData, version: str | None, present: Collection[str]
) -> None:
    """Refuse a version of which tables are missing; None has no tables.

    Raises:
        StorageError: says which they are, and what to do.
    """
    if version is None:
        return
    made = [table.name for table in metadata.tables.values() if table.info[SINCE] <= version]
    # Some servers write down the names of tables in small letters.
    there = {name.lower() for name in present}
    missing = [name for name in made if name.lower() not in there]
    if not missing:
        return
    if len(missing) == len(made):
        raise StorageError(
            "migrate",
            f"The {database} database has none of the tables of version {version}"
            f" ({', '.join(made)}). Where it is the right database, have them made by:"
            f" {_from_nothing(database)}",
        )
    raise StorageError(
        "migrate",
        f"The {database} database lacks tables of version {version}: {', '.join(missing)}. Bring"
        f" them back from a copy; or have them made, without rows, by: {_from_nothing(database)}",
    )


def refuse_unknown(database: str, version: str | None, known: Iterable[str]) -> None:
    """Refuse a database that a newer release has been at.

    Raises:
        StorageError: says so.
    """
    if version is None or version in (ordered := list(known)):
        return
    raise StorageError(
        "migrate",
        f"The {database} database is at version {version}, which this release does not know; its"
        f" newest is {ordered[-1]}. Run the release that it comes from",
    )


def _from_nothing(database: str) -> str:
    named = f"--database {database}"
    return f"parley migrate stamp --to base {named} && parley migrate upgrade {named}"
