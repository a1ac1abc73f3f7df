"""`parley chat`: a terminal chat over the real socket."""

import asyncio
import re
import signal
from contextlib import aclosing
from typing import Any

import click
from dishka import AsyncContainer
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI
from websockets.uri import parse_uri

from application.ports.tokens import Tokens
from application.ports.unit_of_work import UnitOfWork
from entrypoints.cli.conversation import UNAUTHORIZED, Conversation, Leave, closed_with
from entrypoints.cli.run import run, settings_or_exit
from entrypoints.cli.terminal import Lines, OutputLost, as_text, show


@click.command()
@click.argument("question", required=False)
@click.option("--model", "-m", default="demo", show_default=True)
@click.option(
    "--agent",
    is_flag=False,
    flag_value="",
    help="Let it use tools, those of PROFILE.",
    metavar="[PROFILE]",
)
@click.option("--url", help="Server; this machine's by default.", metavar="ws://HOST:PORT")
@click.option("--token", envvar="PARLEY_TOKEN", help="Made from the database when left out.")
@click.option("--user", "name", help="Whose token to make: e-mail or username.")
def chat(
    question: str | None,
    model: str,
    agent: str | None,
    url: str | None,
    token: str | None,
    name: str | None,
) -> None:
    """Chat in the terminal, or ask one QUESTION.

    Ctrl-C stops an answer; once more, or while nothing runs, leaves.
    """
    settings = settings_or_exit()
    server = _socket_url(url or f"ws://{settings.host}:{settings.port}")
    conversation = Conversation(server, token or run(_token_of(name)), model, agent)
    try:
        asyncio.run(_talk(conversation, None if question is None else as_text(question)))
    except (Leave, asyncio.CancelledError):
        click.echo()
    except OutputLost as lost:
        raise lost.as_error() from lost
    except InvalidHandshake as error:
        raise click.ClickException(f"the server refused: {error}") from error
    except ConnectionClosed as error:
        if closed_with(error) == UNAUTHORIZED:
            text = "the server does not take this token: it is wrong, has ended or was revoked"
            raise click.ClickException(text) from error
        raise click.ClickException(f"the connection was closed: {error}") from error
    except OSError as error:
        raise click.ClickException(f"no server at {conversation.url}: {error}") from error


def _socket_url(url: str) -> str:
    """Return the address of a server's sockets, which are where its pages are.

    Raises:
        BadParameter: it is no address of a server.
    """
    url = re.sub(r"^http(s?)://", r"ws\1://", url.strip(), flags=re.IGNORECASE)
    try:
        parse_uri(url)
    except (InvalidURI, ValueError) as error:
        raise click.BadParameter(
            f"{url} is no address of a server, for example ws://127.0.0.1:8000", param_hint="--url"
        ) from error
    return url


def _token_of(name: str | None) -> Any:
    async def work(container: AsyncContainer) -> str:
        async with (await container.get(UnitOfWork))() as db:
            accounts = [await db.accounts.named(name)] if name else await db.accounts.all()
        if not accounts or accounts[0] is None:
            raise click.ClickException("no such user; add one with `parley user add EMAIL`")
        return (await container.get(Tokens)).issue(accounts[0])

    return work


async def _talk(conversation: Conversation, question: str | None) -> None:
    loop, main = asyncio.get_running_loop(), asyncio.current_task()
    tasks: set[asyncio.Task[None]] = set()

    def interrupted() -> None:
        task = loop.create_task(_cancel_or_leave(conversation, main))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    loop.add_signal_handler(signal.SIGINT, interrupted)
    if question is not None:
        await _show(conversation, question)
        if conversation.failed:
            raise click.exceptions.Exit(1)
        return
    lines = Lines()
    while True:
        show("> ")
        line = await lines.next()
        if not line:
            show("\n")
            return
        if line.strip():
            await _show(conversation, line.strip())


async def _show(conversation: Conversation, question: str) -> None:
    async with aclosing(conversation.ask(question)) as pieces:
        async for piece in pieces:
            show(piece)
    show("\n")


async def _cancel_or_leave(conversation: Conversation, main: asyncio.Task[Any] | None) -> None:
    try:
        await conversation.cancel()
    except (Leave, ConnectionClosed):
        if main is not None:
            main.cancel()
