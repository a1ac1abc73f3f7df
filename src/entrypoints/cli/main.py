"""`parley …`: one command group; each command lives in its own file, loaded when it is called."""

import gc
import importlib
import io
import os
import sys
from types import ModuleType

import click

COMMANDS = {
    "serve": "entrypoints.cli.serve",
    "migrate": "entrypoints.cli.migrate",
    "user": "entrypoints.cli.user",
    "token": "entrypoints.cli.token",
    "export": "entrypoints.cli.export",
    "import": "entrypoints.cli.import_",
    "models": "entrypoints.cli.models",
    "tools": "entrypoints.cli.tools",
    "chat": "entrypoints.cli.chat",
    "doctor": "entrypoints.cli.doctor",
}


class _LazyGroup(click.Group):
    """Imports a command when it is needed, so that `parley token` does not pay for a server."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of this name, which its module holds under its own name."""
        if cmd_name not in COMMANDS:
            return None
        module = COMMANDS[cmd_name]
        return getattr(_imported(module), module.rpartition(".")[2])


def _imported(module: str) -> ModuleType:
    """Import without looking for garbage: there is none, and looking is an eighth of a start."""
    gc.disable()
    try:
        return importlib.import_module(module)
    finally:
        gc.enable()
        gc.freeze()


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="parley")
@click.pass_context
def main(ctx: click.Context) -> None:
    """Parley: a self-hosted backend for AI assistants."""
    import structlog  # noqa: PLC0415 - `parley --help` does without

    if os.environ.get("NO_COLOR"):  # no-color.org
        ctx.color = False
    for stream in (sys.stdout, sys.stderr):
        # A letter that the terminal's encoding lacks is no reason to stop.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    # Standard output is for what was asked for: a token, an archive. `serve` decides otherwise.
    structlog.configure(logger_factory=lambda *_: structlog.PrintLogger(sys.stderr))
