"""Runs a command's work with a container, and tells failures in one line."""

import asyncio
import errno
from collections.abc import Awaitable, Callable
from typing import TypeVar

import click
from dishka import AsyncContainer

from domain.errors import ParleyError
from domain.storage_errors import StorageError, StorageUnavailable
from entrypoints.wiring import databases
from entrypoints.wiring.container import make_container
from entrypoints.wiring.environment import process_settings
from entrypoints.wiring.settings import Settings, SettingsError

T = TypeVar("T")

_OF_THE_MACHINE = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EMFILE, errno.ENFILE}
)
"""What no trace of ours explains better than the system's own words."""
_NO_REASON = (str(StorageError("")), str(StorageUnavailable("")))
""""The database refused", and not why."""


def settings_or_exit() -> Settings:
    """Return the settings; a wrong variable ends the command with its one line."""
    try:
        return process_settings()
    except SettingsError as error:
        raise click.ClickException(str(error)) from error


def run(work: Callable[[AsyncContainer], Awaitable[T]]) -> T:
    """Run `work` with the container of this environment, and close it afterwards."""
    settings = settings_or_exit()

    async def with_container() -> T:
        container = make_container(settings)
        try:
            return await work(container)
        finally:
            await container.close()

    try:
        return asyncio.run(with_container())
    except (ParleyError, SettingsError) as error:
        raise click.ClickException(_explained(error, settings)) from error
    except OSError as error:
        if error.filename is None and error.errno not in _OF_THE_MACHINE:
            raise
        place = "" if error.filename is None else f"{error.filename}: "
        raise click.ClickException(f"{place}{error.strerror}") from error


def _explained(error: ParleyError | SettingsError, settings: Settings) -> str:
    """Return what to do, where the tables or the address of the database are the reason."""
    if str(error) not in _NO_REASON:
        return str(error)
    try:
        return "\n".join(databases.check(settings)) or str(error)
    except ParleyError as reason:
        return str(reason)
