"""A line on the terminal that says how far something has come."""

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager

import click

Show = Callable[[str, int | None], None]
"""Says how far it is, and of how many records where that is known."""


@contextmanager
def meter() -> Generator[Show]:
    """Give what writes the line over itself; where nobody watches, only its end is written."""
    live, said = sys.stderr.isatty(), ""

    def show(done: str, total: int | None) -> None:
        nonlocal said
        text = done if total is None else f"{done} of {total} records"
        if live:
            click.echo(f"\r{text:<{len(said)}}", nl=False, err=True)
        said = text

    try:
        yield show
    finally:
        if said:
            click.echo("" if live else said, err=True)
