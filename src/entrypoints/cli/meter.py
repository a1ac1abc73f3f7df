"""A line on the terminal that says how far something has come."""

import sys
from types import TracebackType
from typing import Self

import click


class Meter:
    """Writes over its own line; where nobody watches, only what it ended with is written."""

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()
        self._said = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._said:
            click.echo("" if self._live else self._said, err=True)

    def show(self, done: str, total: int | None) -> None:
        """Say how far it is, of how much where that is known."""
        text = done if total is None else f"{done} of {total} records"
        if self._live:
            click.echo(f"\r{text:<{len(self._said)}}", nl=False, err=True)
        self._said = text
