"""`parley token`: a token for a user, without logging in."""

import click
from dishka import AsyncContainer

from application.ports.tokens import Tokens
from entrypoints.cli.run import run
from entrypoints.cli.user import account_named


@click.command()
@click.argument("name")
def token(name: str) -> None:
    """Print a token for the user with this e-mail or username, good for 90 days."""

    async def work(container: AsyncContainer) -> str:
        account = await account_named(container, name)
        return (await container.get(Tokens)).issue(account)

    click.echo(run(work))
