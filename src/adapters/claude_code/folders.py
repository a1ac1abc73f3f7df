"""The working folders of a user's conversations with Claude Code."""

import asyncio
import shutil
from pathlib import Path

from application.ports.personal_data import PersonalData
from domain.account import Account
from domain.storage_errors import StorageError


class ClaudeCodeFolders(PersonalData):
    """Everything under `<root>/<user>`, as `workplace.py` lays it out.

    What the program itself keeps of its sessions, in the home of the account it runs under, is
    its own.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    async def forget(self, account: Account) -> None:
        """Remove them.

        Raises:
            StorageError: one cannot be removed.
        """
        folder = self._root / str(int(account.id))
        try:
            await asyncio.to_thread(shutil.rmtree, folder)
        except FileNotFoundError:
            return
        except OSError as error:
            why = error.strerror or "it is in use"
            raise StorageError(
                "remove folders", f"A working folder of Claude Code cannot be removed: {why}"
            ) from error
