"""`parley migrate`: the databases' tables and their versions."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import click

from domain.errors import ParleyError
from entrypoints.wiring import databases
from entrypoints.wiring.environment import process_settings
from entrypoints.wiring.settings import DatabaseName, Settings, SettingsError

Outcome = TypeVar("Outcome")

WHICH = click.option(
    "--database",
    type=click.Choice([*databases.DATABASES, "all"]),
    default="all",
    show_default=True,
    help="Which database.",
)


@click.group()
def migrate() -> None:
    """Bring the databases' tables to a version, or say where they stand."""


@migrate.command()
@click.option("--to", default="head", show_default=True, help="The version to stop at.")
@WHICH
def upgrade(to: str, database: str) -> None:
    """Bring the tables up to date. Safe at any time, from several processes too."""
    outcome = _run(database, lambda settings, names: databases.upgrade(settings, names, to))
    for name, done in outcome.items():
        click.echo(f"{name}: upgraded to {to}" if done else f"{name}: nothing to do")


@migrate.command()
@click.option("--to", required=True, help="The version to go back to; `base` drops everything.")
@WHICH
def downgrade(to: str, database: str) -> None:
    """Take the tables back to an earlier version."""
    outcome = _run(database, lambda settings, names: databases.downgrade(settings, names, to))
    for name, done in outcome.items():
        click.echo(f"{name}: now at {to}" if done else f"{name}: nothing to do")


@migrate.command()
@WHICH
def check(database: str) -> None:
    """Fail when the tables are not what this release expects.

    A database that no server uses yet is looked at once it has been begun, or when it is named.
    """

    def work(settings: Settings, names: Sequence[DatabaseName]) -> list[str]:
        return databases.check(settings, databases.in_use(settings) if database == "all" else names)

    if differences := _run(database, work):
        raise click.ClickException("\n".join(differences))
    click.echo("the tables are as expected")


@migrate.command()
@click.option("--to", default="0001", show_default=True, help="The version the tables are at.")
@WHICH
def stamp(to: str, database: str) -> None:
    """Write down a version, touching nothing. Tables of an earlier server are at 0001."""
    _run(database, lambda settings, names: databases.stamp(settings, names, to))
    click.echo(f"{database}: stamped {to}")


def _run(database: str, work: Callable[[Settings, Sequence[DatabaseName]], Outcome]) -> Outcome:
    # Without the container, whose import takes longer than the work.
    names: Sequence[DatabaseName] = [
        name for name in databases.DATABASES if database in (name, "all")
    ]
    try:
        return work(process_settings(), names)
    except (ParleyError, SettingsError) as error:
        raise click.ClickException(str(error)) from error
