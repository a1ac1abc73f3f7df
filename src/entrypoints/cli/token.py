"""`parley token`: a token for a user, without logging in."""

import click
from dishka import AsyncContainer

from application.ports.tokens import Tokens
from application.ports.unit_of_work import UnitOfWork
from domain.errors import AccountNotFound
from entrypoints.cli.run import run


@click.command()
@click.argument("name")
def token(name: str) -> None:
    """Print a token for the user with this e-mail or username, good for 90 days."""

    async def work(container: AsyncContainer) -> str:
        async with (await container.get(UnitOfWork))() as db:
            account = await db.accounts.named(name)
        if account is None:
            raise AccountNotFound(name)
        return (await container.get(Tokens)).issue(account)

    click.echo(run(work))
