"""`parley tools`: what models may call."""

import click
from dishka import AsyncContainer

from application.agent.registry import OfferTools
from application.agent.tool import Tool
from entrypoints.cli.run import run


@click.command()
def tools() -> None:
    """List the tools of each profile: name, whether the user is asked first, purpose.

    Servers of the operator's file (PARLEY_MCP_FILE) are asked what they offer.
    """

    async def work(container: AsyncContainer) -> dict[str, list[Tool]]:
        offer = await container.get(OfferTools)
        return {profile: [*(await offer.tools(profile)).values()] for profile in offer.profiles}

    for profile, offered in run(work).items():
        click.echo(f"{profile}:")
        for tool in offered:
            asks = "asks" if tool.spec.acts else "-"
            purpose = " ".join(tool.spec.purpose.split())[:100]
            click.echo(f"  {tool.spec.name:<32} {asks:<5} {purpose}")
