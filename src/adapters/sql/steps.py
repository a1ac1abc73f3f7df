"""What versions of the tables are written with.

A step that is done already is passed over: MySQL cannot undo half a migration, so a second run
goes on where the first one stopped. Written versions rest on this: nothing here may change its
meaning.
"""

from typing import Any

from alembic import op
from sqlalchemy import Column, DateTime, ForeignKeyConstraint, String, inspect
from sqlalchemy.dialects import mysql
from sqlalchemy.schema import SchemaItem
from sqlalchemy.types import TypeEngine

_MYSQL = ("mysql", "mariadb")
_OPTIONS: dict[str, Any] = {
    **{f"{name}_engine": "InnoDB" for name in _MYSQL},
    **{f"{name}_charset": "utf8mb4" for name in _MYSQL},
}


def on_sqlite() -> bool:
    """Return whether the database is SQLite."""
    return op.get_bind().dialect.name == "sqlite"


def key(length: int) -> TypeEngine[str]:
    """Return the type of an identifier, which compares byte by byte."""
    exact = mysql.VARCHAR(length, charset="utf8mb4", collation="utf8mb4_bin")
    return String(length).with_variant(exact, *_MYSQL)


def login_name(length: int) -> TypeEngine[str]:
    """Return the type of a name whose case does not count."""
    return String(length).with_variant(String(length, collation="NOCASE"), "sqlite")


def moment() -> TypeEngine[Any]:
    """Return the type of a moment to the microsecond."""
    return DateTime().with_variant(mysql.DATETIME(fsp=6), *_MYSQL)


def create_table(name: str, *items: SchemaItem) -> None:
    """Create a table, unless it is there."""
    if name not in inspect(op.get_bind()).get_table_names():
        op.create_table(name, *items, **_OPTIONS)


def drop_table(name: str) -> None:
    """Drop a table, unless it is gone."""
    op.drop_table(name, if_exists=True)


def keep() -> None:
    """Commit what was done so far on MySQL, whose transactions are best kept small.

    On SQLite a version is there as a whole or not at all.
    """
    if not on_sqlite():
        op.execute("COMMIT")


def owned(table: str) -> ForeignKeyConstraint:
    """Return the tie of a table's `customer_id` to the account."""
    return ForeignKeyConstraint(
        ["customer_id"], ["Users.customer_id"], name=f"fk_{table}_customer_id_Users"
    )


def create_index(name: str, table: str, *columns: str, unique: bool = False) -> None:
    """Create an index, unless one of this name is there."""
    if name not in _indexes(table):
        op.create_index(name, table, list(columns), unique=unique)


def has_index(name: str, table: str) -> bool:
    """Return whether a table has an index of this name."""
    return name in _indexes(table)


def drop_index(name: str, table: str) -> None:
    """Drop an index, unless it is gone."""
    if name in _indexes(table):
        op.drop_index(name, table)


def add_columns(table: str, *columns: Column[Any]) -> None:
    """Add those columns that are not there."""
    present = _columns(table)
    for column in columns:
        if column.name not in present:
            op.add_column(table, column)


def drop_columns(table: str, *names: str) -> None:
    """Drop those columns that are there; SQLite gets a new table without them."""
    present = _columns(table)
    with op.batch_alter_table(table) as batch:
        for name in names:
            if name in present:
                batch.drop_column(name)


def modify_in_mysql(table: str, *columns: str) -> None:
    """Give columns other definitions, in one pass over the table; on SQLite there is no need."""
    if not on_sqlite():
        quoted = op.get_bind().dialect.identifier_preparer.quote(table)
        op.execute(f"ALTER TABLE {quoted} {', '.join(f'MODIFY {column}' for column in columns)}")


def _indexes(table: str) -> set[str | None]:
    return {index["name"] for index in inspect(op.get_bind()).get_indexes(table)}


def _columns(table: str) -> set[str]:
    return {column["name"] for column in inspect(op.get_bind()).get_columns(table)}
