"""Pictures from words, and from other pictures."""

import asyncio
from collections.abc import Mapping

import structlog
from msgspec import Struct, structs

from application.media.load_pictures import LoadPictures
from application.ports.clock import Clock
from application.ports.media_makers import ImageMaker
from application.providers.patience import has_not_begun, patiently
from application.usage.bill import Bill
from application.usage.spending import Spending
from domain.catalog.media_cards import ImageCard
from domain.catalog.media_catalog import MediaCatalog
from domain.errors import NotConfigured, ParleyError
from domain.ids import TurnId, UserId
from domain.media import ImageOrder, ImagesMade, Picture, estimate
from domain.media_wishes import ImageWish, image_order

log = structlog.get_logger("media")

AT_ONCE = 4
"""Requests for one order, where the model draws fewer pictures a request than are wanted."""


class Drawn(Struct, frozen=True):
    """What came of a wish: at least one picture, and how it was ordered."""

    order: ImageOrder
    pictures: tuple[Picture, ...]


class MakeImages:
    """Chooses the model, sets money aside, and has it draw."""

    def __init__(
        self,
        catalog: MediaCatalog[ImageCard],
        makers: Mapping[str, ImageMaker],
        load: LoadPictures,
        spending: Spending,
        clock: Clock,
    ) -> None:
        """Take the models, and who speaks to each provider."""
        self._catalog = catalog
        self._makers = makers
        self._load = load
        self._spending = spending
        self._clock = clock

    async def __call__(self, user: UserId, wish: ImageWish) -> Drawn:
        """Return the pictures. Where only some of them came about, those.

        Raises:
            UnknownMediaModel: no model has that name.
            InvalidRequest: the wish makes no sense, or a picture it names cannot be had.
            ModelCannot: the model draws from fewer pictures than are given.
            SpendingCapReached: the user may not spend so much today.
            ContentRefused: the provider's moderation.
            ProviderError, NotConfigured: the model failed for good.
        """
        card = self._catalog.find(wish.model)
        # Everything that can be said without them is said before pictures are loaded.
        able = tuple(known.id for known in self._catalog if known.inputs)
        image_order(card, wish, (Picture(b"", ""),) * len(wish.inputs), able)
        order = image_order(card, wish, await self._load(user, wish.inputs), able)
        maker = self._makers.get(card.provider)
        if maker is None:
            raise NotConfigured(f"provider.{card.provider}")
        number = TurnId(self._clock.new_id())
        bill = Bill(self._spending, user, number, card.model, card.provider)
        await bill.set_aside(estimate(order, wish.count))
        try:
            made = await _made(maker, order, wish.count)
        except BaseException as error:
            await asyncio.shield(bill.failed(error))
            raise
        costs = [one.priced(order) for one in made]
        known = [cost for cost in costs if cost is not None]
        await bill.paid(sum(known) if len(known) == len(costs) else None)
        return Drawn(order, tuple(picture for one in made for picture in one.pictures))


async def _made(maker: ImageMaker, order: ImageOrder, wanted: int) -> list[ImagesMade]:
    """Return what the requests for an order brought, those that failed left out.

    Raises:
        ParleyError: all of them failed; what the first one met.
    """
    free = asyncio.Semaphore(AT_ONCE)

    async def once(count: int) -> ImagesMade | ParleyError:
        part = structs.replace(order, count=count)
        try:
            async with free:
                return await patiently(lambda: maker.make(part), has_not_begun)
        except ParleyError as error:
            return error

    async with asyncio.TaskGroup() as group:
        asked = [group.create_task(once(count)) for count in _parts(wanted, order.card.at_once)]
    answers = [task.result() for task in asked]
    made = [answer for answer in answers if isinstance(answer, ImagesMade)]
    failures = [answer for answer in answers if isinstance(answer, ParleyError)]
    if not made:
        raise failures[0]
    for error in failures:
        log.warning("a picture of several failed", model=order.card.id, error=error.code)
    return made


def _parts(wanted: int, at_once: int) -> list[int]:
    whole, rest = divmod(wanted, at_once)
    return [at_once] * whole + ([rest] if rest else [])
