"""What a database file keeps of rows that are gone."""

import structlog
from sqlalchemy import text

from adapters.sql.engine import Database
from adapters.sql.failures import Stage, translated
from adapters.sql.matching import (
    PATIENCE_IN_MYSQL,
    PURGE_ALL_IN_MYSQL,
    PURGE_ALL_IN_SQLITE,
    ROWS_IN_MYSQL,
)
from application.ports.personal_data import Remains
from domain.account import Account

_log = structlog.stdlib.get_logger(__name__)

_CHECKPOINT = text("PRAGMA wal_checkpoint(TRUNCATE)")
MYSQL_ROWS_PURGED = 50_000
"""Above it, MySQL would keep other writers waiting for longer than they wait."""


class SqlRemains(Remains):
    """Purges the index of words, which marks what was deleted and keeps it.

    On SQLite the write-ahead log is emptied too, which still holds the pages as they were; in the
    database itself deleted rows are overwritten with zeros at once (`secure_delete`). A MySQL
    server purges deleted rows by itself, but not the words in a FULLTEXT index; its binary logs
    and backups are its operator's.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def forget(self, account: Account) -> None:
        """Purge; what has to stay for now is reported, no more: nobody is left to try again."""
        turnstile = self._database.turnstile
        if turnstile is None:
            await self._purge_mysql(account)
            return
        async with turnstile:
            with translated("purge", stage=Stage.REACHING):
                async with self._database.engine.begin() as connection:
                    await connection.execute(PURGE_ALL_IN_SQLITE)
                async with self._database.engine.connect() as connection:
                    busy = await connection.scalar(_CHECKPOINT)
        if busy:
            # The log is written over from its beginning as soon as that reader has ended.
            _log.warning("remains_kept", customer=account.id)

    async def _purge_mysql(self, account: Account) -> None:
        with translated("purge", stage=Stage.REACHING):
            async with self._database.engine.connect() as connection:
                rows = await connection.scalar(ROWS_IN_MYSQL)
                kept = int(rows or 0) > MYSQL_ROWS_PURGED
                if not kept:
                    await connection.execute(PATIENCE_IN_MYSQL)
                    told = await connection.execute(PURGE_ALL_IN_MYSQL)
                    kept = any(row.Msg_type.lower() == "error" for row in told)
        if kept:
            _log.warning("remains_kept", customer=account.id, until=str(PURGE_ALL_IN_MYSQL))
