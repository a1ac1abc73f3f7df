"""`parley serve`: migrate, make sure somebody can log in, serve."""

import errno
import os
import resource
import socket
import sys
from contextlib import suppress
from typing import Any

import click
from dishka import AsyncContainer

from application.accounts.first_login import FirstLogin, OfferFirstLogin
from application.chat.characters import Characters
from application.chat.recover import RecoverTurns
from application.ports.files import Files
from application.ports.tokens import Tokens
from domain.catalog.catalog import Catalog
from domain.errors import ParleyError
from entrypoints.cli.run import run, settings_or_exit
from entrypoints.wiring.databases import upgrade
from entrypoints.wiring.logging import configure_logging
from entrypoints.wiring.providers.remote_tools import ToolServers
from entrypoints.wiring.settings import Settings

LARGEST_FRAME = 8 * 1024 * 1024
WAITING_FRAMES = 32
_NOT_STARTED = 3
_MANY_FILES = 65_536


@click.command()
@click.option("--host", help="Address to listen on (PARLEY_HOST).")
@click.option("--port", type=click.IntRange(0, 65535), help="Port (PARLEY_PORT).")
def serve(host: str | None, port: int | None) -> None:
    """Bring the databases up to date and serve until stopped."""
    # All that reads the settings is to know of them: links to files begin with host and port.
    for variable, given in (("PARLEY_HOST", host), ("PARLEY_PORT", port)):
        if given is not None:
            os.environ[variable] = str(given)
    settings = settings_or_exit()
    configure_logging(settings)
    options = server_options(settings)
    check_address(settings.host, settings.port)
    _allow_many_files()
    try:
        upgrade(settings)
    except ParleyError as error:
        raise click.ClickException(str(error)) from error
    run(_prepare)
    from entrypoints.web.app import server  # noqa: PLC0415 - no other command needs the framework

    running = server(settings, options)
    with suppress(KeyboardInterrupt):  # Ctrl-C is how people stop it.
        running.run()
    if not running.started:
        sys.exit(_NOT_STARTED)


def check_address(host: str, port: int) -> None:
    """Find out whether the address is free before anything is changed.

    Whoever starts takes every turn that runs for one of a dead process. A second server that could
    not listen anyhow must not do that to the turns of the first.

    Raises:
        ClickException: another program listens there, the port is not for everybody, or there is no
            such host.
    """
    try:
        places = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, kind, protocol, _, address in places:
            with socket.socket(family, kind, protocol) as listener:
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if family == socket.AF_INET6:
                    listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                listener.bind(address)
    except socket.gaierror as error:
        text = f"PARLEY_HOST: {host} is no address of this machine, for example 127.0.0.1"
        raise click.ClickException(text) from error
    except OSError as error:
        if error.errno in (errno.EADDRINUSE, errno.EACCES):
            raise click.ClickException(
                f"cannot listen on {host}:{port}: {error.strerror};"
                " choose another with PARLEY_PORT or --port"
            ) from error
        # All else is for the server to judge: one of several addresses may do for it.


def _allow_many_files() -> None:
    """Let the process have as many sockets and files open as it may; many shells give it a few.

    Whoever comes when there are none left is turned away without a word.
    """
    few, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MANY_FILES if most == resource.RLIM_INFINITY else min(most, _MANY_FILES)
    if few != resource.RLIM_INFINITY and few < wanted:
        with suppress(OSError, ValueError):  # Some systems set a limit of their own below.
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


def server_options(settings: Settings) -> dict[str, Any]:
    """Return how uvicorn is to serve."""
    return {
        "host": settings.host,
        "port": settings.port,
        "loop": "uvloop",
        "http": "httptools",
        "ws": "entrypoints.web.direct_socket:DirectSocketProtocol",
        # Deflate halves the messages per CPU second and doubles the memory of an idle socket.
        "ws_per_message_deflate": False,
        "ws_max_size": LARGEST_FRAME,
        "ws_max_queue": WAITING_FRAMES,
        # Without a limit an open stream would keep the process from ever stopping.
        "timeout_graceful_shutdown": max(1, round(settings.drain_s)),
        "access_log": False,
        "log_config": None,
        "server_header": False,
    }


async def _prepare(container: AsyncContainer) -> None:
    """Find out now, in one line, what would otherwise fail the first request."""
    await container.get(Catalog)
    await container.get(Characters)
    await container.get(ToolServers)
    await container.get(Files)
    await container.get(Tokens)
    await (await container.get(RecoverTurns))()
    if (await container.get(Settings)).env == "development":
        await (await container.get(OfferFirstLogin))(_show)


def _show(login: FirstLogin) -> None:
    text = (
        "\nWelcome to Parley. A first user was made for you; this is shown once:\n"
        f"  user      {login.username}\n"
        f"  password  {login.password}\n"
        f"  token     {login.token}\n"
        "Try it from another terminal:  .venv/bin/parley chat --model demo\n"
    )
    try:
        click.echo(text)
    except OSError:  # A full disk, for one.
        click.echo(text, err=True)
