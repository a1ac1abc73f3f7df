"""What a database file keeps of rows that are gone."""

import structlog
from sqlalchemy import text

from adapters.sql.engine import Database
from adapters.sql.failures import Stage, translated
from application.ports.personal_data import Remains
from domain.account import Account

_log = structlog.stdlib.get_logger(__name__)

_CHECKPOINT = text("PRAGMA wal_checkpoint(TRUNCATE)")


class SqlRemains(Remains):
    """Empties SQLite's write-ahead log, which still holds the pages as they were.

    In the database itself deleted rows are overwritten with zeros at once (`secure_delete`). A
    MySQL server purges deleted rows by itself; its binary logs and backups are its operator's.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def forget(self, account: Account) -> None:
        """Empty the log; a reader that does not end within some seconds is reported, no more."""
        turnstile = self._database.turnstile
        if turnstile is None:
            return
        async with turnstile:
            with translated("empty the log", stage=Stage.REACHING):
                async with self._database.engine.connect() as connection:
                    busy = await connection.scalar(_CHECKPOINT)
        if busy:
            # The account is gone, so there is nobody left to try again; the log is written over
            # from its beginning as soon as that reader has ended.
            _log.warning("remains_kept", customer=account.id)
