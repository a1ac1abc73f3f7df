"""`parley models`: what can be chosen."""

import click
from dishka import AsyncContainer

from application.agent.offer import Offered, OfferModels
from domain.catalog.card import Price
from domain.provider_errors import ProviderError
from entrypoints.cli.run import run
from entrypoints.wiring.diagnosis import local_models


@click.command()
def models() -> None:
    """List the models: name, provider, the provider's own name, price, abilities, other names.

    The price is in US dollars per million tokens of input and of output. A model that cannot be
    used says why. Those of a local server (LOCAL_BASE_URL) are asked for.
    """

    async def work(container: AsyncContainer) -> list[Offered]:
        try:
            local = await local_models(container)
        except ProviderError as error:
            click.echo(f"the local server's models are not known: {error}", err=True)
            local = []
        offered = await container.get(OfferModels)
        return [*offered(), *(Offered(card, ()) for card in local)]

    for one in run(work):
        card = one.card
        abilities = ",".join(sorted(card.can)) or "-"
        aliases = ",".join(one.aliases) or "-"
        obstacle = "" if one.reason is None else f"  [{one.reason}]"
        click.echo(
            f"{card.id:<24} {card.provider:<10} {card.model:<28} {_priced(card.price):<12}"
            f" {abilities}  {aliases}{obstacle}"
        )


def _priced(price: Price | None) -> str:
    if price is None:
        return "unknown"
    return f"{price.input_usd_per_mtok:g}/{price.output_usd_per_mtok:g}"
