"""`parley models`: what can be chosen."""

import click
from dishka import AsyncContainer

from domain.catalog.card import ModelCard
from domain.catalog.catalog import Catalog
from domain.errors import ProviderError
from entrypoints.cli.run import run
from entrypoints.wiring.diagnosis import local_models


@click.command()
def models() -> None:
    """List the models: name, provider, the provider's own name, abilities, other names.

    Those of a local server (LOCAL_BASE_URL) are asked for.
    """

    async def work(container: AsyncContainer) -> list[ModelCard]:
        try:
            local = await local_models(container)
        except ProviderError as error:
            click.echo(f"the local server's models are not known: {error}", err=True)
            local = []
        return [*(await container.get(Catalog)), *local]

    for card in run(work):
        abilities = ",".join(sorted(card.can)) or "-"
        aliases = ",".join(card.aliases) or "-"
        click.echo(f"{card.id:<24} {card.provider:<10} {card.model:<28} {abilities}  {aliases}")
