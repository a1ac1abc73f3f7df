"""`parley import`: an archive becomes part of an account."""

from pathlib import Path

import click
from dishka import AsyncContainer

from application.transfer.import_archive import ImportArchive
from domain.transfer.progress import Progress
from entrypoints.cli.meter import meter
from entrypoints.cli.run import run
from entrypoints.cli.user import account_named


@click.command("import")
@click.argument("name")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_(name: str, file: Path) -> None:
    """Take FILE over into the account with this e-mail or username.

    FILE is an archive that `parley export` wrote, or what ChatGPT or Claude send as an export,
    zipped or not. Nothing is stored of a file that is refused; one that is interrupted is completed
    by the same command.
    """
    if not file.is_file():
        raise click.UsageError(f"{file} must be a file: it is read twice")

    async def work(container: AsyncContainer) -> Progress:
        account = await account_named(container, name)
        use_case = await container.get(ImportArchive)
        last = Progress(stage="checking", done=0)
        with file.open("rb") as opened, meter() as show:
            async for last in use_case(account.id, opened):
                show(f"{last.stage} {last.done}", last.total)
        return last

    done = run(work)
    added = done.added
    click.echo(
        f"{done.done} records; added {added.conversations} conversations, {added.messages}"
        f" messages, {added.prompts} prompts, usage of {added.usage} turns"
    )
