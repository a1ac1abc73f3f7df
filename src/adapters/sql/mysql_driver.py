"""Prepared statements on aiomysql."""

from collections.abc import Sequence
from typing import Any

from adapters.sql.prepared import Outcome


async def run_together(
    connection: Any, statements: Sequence[tuple[str, Sequence[Any]]], *, commit: bool
) -> Outcome:
    """Run statements one after another; see `prepared.Driver`."""
    outcome = Outcome(-1, None)
    async with connection.cursor() as cursor:
        for text, values in statements:
            await cursor.execute(text, values)
            outcome = Outcome(cursor.rowcount, cursor.lastrowid)
    if commit:
        await connection.commit()
    return outcome
