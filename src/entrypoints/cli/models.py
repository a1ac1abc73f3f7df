"""`parley models`: what can be chosen."""

import click
from dishka import AsyncContainer

from application.agent.offer import Offered, OfferModels
from application.media.offer import OfferedMedia, OfferMedia
from domain.catalog.card import Price
from domain.catalog.media_cards import ImageCard, VideoCard
from domain.provider_errors import ProviderError
from entrypoints.cli.run import run
from entrypoints.wiring.diagnosis import local_models


@click.command()
def models() -> None:
    """List the models: name, provider, the provider's own name, price, abilities, other names.

    The price is in US dollars per million tokens of input and of output; of models that draw, for a
    square picture. A model that cannot be used says why. Those of a local server (LOCAL_BASE_URL)
    are asked for.
    """

    async def work(container: AsyncContainer) -> tuple[list[Offered], OfferMedia]:
        try:
            local = await local_models(container)
        except ProviderError as error:
            click.echo(f"the local server's models are not known: {error}", err=True)
            local = []
        offered = await container.get(OfferModels)
        chat = [*offered(), *(Offered(card, ()) for card in local)]
        return chat, await container.get(OfferMedia)

    chat, media = run(work)
    for one in chat:
        card = one.card
        abilities = ",".join(sorted(card.can)) or "-"
        aliases = ",".join(one.aliases) or "-"
        obstacle = "" if one.reason is None else f"  [{one.reason}]"
        click.echo(
            f"{card.id:<24} {card.provider:<10} {card.model:<28} {_priced(card.price):<12}"
            f" {abilities}  {aliases}{obstacle}"
        )
    click.echo("\nModels that draw (POST /image/generate):")
    for drawing in media.images():
        click.echo(_drawing_line(drawing))
    click.echo("\nModels that film (POST /video/generate), with the price of a second:")
    for filming in media.films():
        click.echo(_filming_line(filming))


def _drawing_line(offered: OfferedMedia[ImageCard]) -> str:
    card = offered.card
    square = card.size_for((1024, 1024))
    price = "unknown" if card.price is None else f"{card.price.of(card.quality, square):g}"
    abilities = ",".join([*sorted(card.options), *(["pictures_in"] if card.inputs else [])])
    obstacle = "" if offered.reason is None else f"  [{offered.reason}]"
    return (
        f"{card.id:<30} {card.provider:<10} {card.model:<30} {price:<12}"
        f" {abilities or '-'}  {','.join(offered.aliases) or '-'}{obstacle}"
    )


def _filming_line(offered: OfferedMedia[VideoCard]) -> str:
    card = offered.card
    price = "unknown" if card.price is None else f"{card.price.second_usd:g}"
    abilities = ",".join([*sorted(card.options), *(["extends"] if card.extends else [])])
    obstacle = "" if offered.reason is None else f"  [{offered.reason}]"
    return (
        f"{card.id:<30} {card.provider:<10} {card.model:<30} {price:<12}"
        f" {abilities or '-'}  {','.join(offered.aliases) or '-'}{obstacle}"
    )


def _priced(price: Price | None) -> str:
    if price is None:
        return "unknown"
    return f"{price.input_usd_per_mtok:g}/{price.output_usd_per_mtok:g}"
