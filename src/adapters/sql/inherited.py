"""What tables of an earlier server may have in them, and ours never do.

Part of versions that are written: nothing here may change its meaning.
"""

from datetime import datetime

from alembic import op
from sqlalchemy import ColumnClause, DateTime, bindparam, column, func, or_, table, text, update

from adapters.sql.steps import on_sqlite
from domain.storage_errors import StorageError

_UNKNOWN = datetime(1970, 1, 1)  # noqa: DTZ001 - as columns keep it: UTC without saying so
_DATED_IN_SQLITE = (
    # SQLite takes any text as a moment, and anything else; it knows which days there are, and
    # counts on from the 31st of February where it is to add none.
    "UPDATE {table} SET {at} = coalesce(CASE WHEN CAST({at} AS TEXT) >= '0001'"
    " THEN strftime('%Y-%m-%d %H:%M:%f000', {at}, '+0 days') END, '1970-01-01 00:00:00.000000')"
    " WHERE {at} IS NULL OR typeof({at}) <> 'text' OR CAST({at} AS TEXT) < '0001'"
    " OR datetime({at}) IS NULL OR datetime({at}, '+0 days') <> substr({at}, 1, 19)"
)
_UNFIT = text(
    "SELECT t.table_name AS name, t.engine AS engine, MIN(c.character_set_name) AS letters"
    " FROM information_schema.tables t LEFT JOIN information_schema.columns c"
    " ON c.table_schema = t.table_schema AND c.table_name = t.table_name"
    " AND c.character_set_name <> 'utf8mb4' AND c.column_name <> 'group_id'"
    " WHERE t.table_schema = DATABASE() AND t.table_name IN :tables"
    " GROUP BY t.table_name, t.engine"
    " HAVING t.engine <> 'InnoDB' OR letters IS NOT NULL ORDER BY t.table_name"
).bindparams(bindparam("tables", expanding=True))


def refuse_unfit(*tables: str) -> None:
    """Stop with one line where a table cannot hold every letter, or knows no transactions.

    Nobody but the operator can tell what their letters were meant to be, or has the hours that
    a large table takes.
    """
    if on_sqlite():
        return
    unfit = list(op.get_bind().execute(_UNFIT, {"tables": tables}))
    if not unfit:
        return
    told = ", ".join(f"{row.name} ({row.letters or 'utf8mb4'}, {row.engine})" for row in unfit)
    orders = " ".join(
        f"ALTER TABLE `{row.name}` ENGINE=InnoDB, CONVERT TO CHARACTER SET utf8mb4;"
        for row in unfit
    )
    raise StorageError(
        "migrate",
        f"tables must be utf8mb4 and InnoDB before this upgrade, but these are not: {told}."
        f" With a backup at hand run: SET foreign_key_checks = 0; {orders}"
        " Then upgrade again. Nothing has been changed.",
    )


def date_undated(name: str, *columns: str) -> None:
    """Give rows whose moment nobody knows one before all others, as they have been sorted."""
    for each in columns:
        if on_sqlite():
            op.execute(_DATED_IN_SQLITE.format(table=name, at=each))
            continue
        at: ColumnClause[datetime] = column(each, DateTime())
        # `0000-00-00`, and `2020-00-10`, which MySQL's less strict modes take.
        undated = or_(at.is_(None), func.month(at) == 0, func.dayofmonth(at) == 0)
        op.execute(update(table(name, at)).where(undated).values({each: _UNKNOWN}))
