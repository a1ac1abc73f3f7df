"""`parley user`: the accounts of this server."""

import click
from dishka import AsyncContainer

from application.accounts.add_user import AddUser
from application.accounts.delete_account import DeleteAccount
from application.accounts.log_out_everywhere import LogOutEverywhere
from application.accounts.set_password import SetPassword
from application.ports.unit_of_work import UnitOfWork
from domain.account import Account
from domain.errors import AccountNotFound
from entrypoints.cli.run import run

PASSWORD = click.option(
    "--password",
    "-p",
    help="Asked for when left out.",
    prompt=True,
    hide_input=True,
    confirmation_prompt=True,
)


@click.group()
def user() -> None:
    """Add, list and delete users, set their passwords, revoke their tokens."""


@user.command("add")
@click.argument("email")
@click.option("--username", help="Login name; what is before the @ when left out.")
@PASSWORD
def add(email: str, username: str | None, password: str) -> None:
    """Add a user who can log in with EMAIL or the username.

    What has no @ is a username, and no e-mail address.
    """

    async def work(container: AsyncContainer) -> str:
        account = await (await container.get(AddUser))(email, password, username)
        return f"customer {account.id}: {account.username} <{account.email or '-'}>"

    click.echo(run(work))


@user.command("list")
def list_users() -> None:
    """List every user: customer id, username, e-mail."""

    async def work(container: AsyncContainer) -> list[str]:
        async with (await container.get(UnitOfWork))() as db:
            return [f"{a.id}\t{a.username}\t{a.email or '-'}" for a in await db.accounts.all()]

    for line in run(work):
        click.echo(line)


@user.command("password")
@click.argument("name")
@PASSWORD
def password(name: str, password: str) -> None:
    """Set the password of the user with this e-mail or username, and revoke their tokens."""

    async def work(container: AsyncContainer) -> None:
        await (await container.get(SetPassword))(name, password)

    run(work)
    click.echo("password set")


@user.command("revoke")
@click.argument("name")
def revoke(name: str) -> None:
    """Revoke every token of the user with this e-mail or username."""

    async def work(container: AsyncContainer) -> None:
        account = await account_named(container, name)
        await (await container.get(LogOutEverywhere))(account.id)

    run(work)
    click.echo("tokens revoked")


@user.command("delete")
@click.argument("name")
@click.confirmation_option(
    "--yes", help="Do not ask.", prompt="Delete the user and all that is kept of them, for good?"
)
def delete(name: str) -> None:
    """Delete the user with this e-mail or username and everything that is kept of them."""

    async def work(container: AsyncContainer) -> str:
        account = await account_named(container, name)
        await (await container.get(DeleteAccount))(account.id)
        return f"customer {account.id}: deleted"

    click.echo(run(work))


async def account_named(container: AsyncContainer, name: str) -> Account:
    """Return the account with this e-mail or username.

    Raises:
        AccountNotFound: there is none.
    """
    async with (await container.get(UnitOfWork))() as db:
        account = await db.accounts.named(name)
    if account is None:
        raise AccountNotFound(name)
    return account
