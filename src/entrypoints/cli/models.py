"""`parley models`: what can be chosen."""

import click
from dishka import AsyncContainer

from domain.catalog.card import ModelCard
from domain.catalog.catalog import Catalog
from entrypoints.cli.run import run


@click.command()
def models() -> None:
    """List the models: name, provider, the provider's own name, abilities, other names."""

    async def work(container: AsyncContainer) -> list[ModelCard]:
        return list(await container.get(Catalog))

    for card in run(work):
        abilities = ",".join(sorted(card.can)) or "-"
        aliases = ",".join(card.aliases) or "-"
        click.echo(f"{card.id:<24} {card.provider:<10} {card.model:<28} {abilities}  {aliases}")
