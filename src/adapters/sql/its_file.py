"""Keeps a connection to SQLite from outliving the file that bears the database's name.

A file that was moved away or removed can be written to for as long as somebody has it open. What
is said meanwhile would be acknowledged, and be gone with the process.
"""

import os
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.exc import DisconnectionError

_KEY = "file"


class ItsFile:
    """The file of a database, which stays the same for as long as a connection is used."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def watch(self, engine: Engine) -> None:
        """Have connections replaced before they are used, once another file stands in the place.

        Where none stands there, connecting fails until it is back.
        """

        def remember(_connection: Any, record: Any) -> None:
            record.info[_KEY] = self.which()

        def compare(_connection: Any, record: Any, _proxy: Any) -> None:
            now = self.which()
            if now is None or now != record.info[_KEY]:
                raise DisconnectionError("the database file was moved, removed or replaced")

        event.listen(engine, "connect", remember)
        event.listen(engine, "checkout", compare)

    def which(self) -> tuple[int, int] | None:
        """Return what tells the file that stands there from any other; None where none does."""
        try:
            found = os.stat(self._path)  # noqa: PTH116 - on the way of every transaction
        except OSError:
            return None
        return found.st_dev, found.st_ino
