"""`parley doctor`: what is configured, what is missing, what answers."""

import click
from dishka import AsyncContainer

from entrypoints.cli.run import run, settings_or_exit
from entrypoints.wiring.diagnosis import Finding, configured, diagnose, tables

MARKS = {"ok": click.style("ok     ", fg="green"), "missing": "missing", "failing": "FAILING"}


@click.command()
@click.pass_context
def doctor(ctx: click.Context) -> None:
    """Look at the settings, the database and every provider; exit with 1 if something fails.

    Secrets are never shown, only that they are set.
    """
    settings = settings_or_exit()
    for name, value in configured(settings):
        click.echo(f"{name}={value}")

    async def look(container: AsyncContainer) -> list[Finding]:
        return await diagnose(container, settings)

    findings = [*tables(settings), *run(look)]
    for finding in findings:
        click.echo(f"{MARKS[finding.state]}  {finding.name:<24} {finding.note}")
    if any(finding.state == "failing" for finding in findings):
        ctx.exit(1)
