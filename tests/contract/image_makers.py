"""Every image maker of ours, over real connections to the simulated studio."""

from collections.abc import Sequence
from typing import Any

from adapters.flux.image import FluxImageMaker
from adapters.google.image import GoogleImageMaker
from adapters.memory.clock import ManualClock
from adapters.openai.image import OpenAIImageMaker
from adapters.stability.image import StabilityImageMaker
from adapters.transport.egress import Egress
from adapters.transport.patience import Patience
from adapters.xai.image import XaiImageMaker
from application.ports.clock import Clock
from domain.catalog.media_cards import ImageCard
from domain.media import ImageOrder, Picture
from domain.media_wishes import ImageWish, image_order
from entrypoints.wiring.providers.media import image_catalog
from tests.simulators.picture_wires import PictureWire
from tests.simulators.provider_wires import KEY
from tests.simulators.studio import PNG

CATALOG = image_catalog()


class Impatient(ManualClock):
    """Waits take no time, but time passes."""

    async def sleep(self, seconds: float) -> None:
        await self.advance(seconds)


def card_of(name: str) -> ImageCard:
    return CATALOG.find(name)


def order_of(name: str, *, inputs: int = 0, **said: Any) -> ImageOrder:
    """Return an order for a model, from so many pictures."""
    wish = ImageWish(**{"prompt": "A red bicycle", "model": name, **said})
    return image_order(card_of(name), wish, (Picture(PNG, "image/png"),) * inputs)


def image_maker(
    wire: PictureWire,
    address: str,
    key: str | None = KEY,
    patience: Patience | None = None,
    clock: Clock | None = None,
) -> Any:
    """Return the real adapter for a wire, whose provider is at an address."""
    silence = patience or Patience()
    host = address.removeprefix("http://")
    downloads = Egress([host])
    match wire.provider:
        case "openai":
            return OpenAIImageMaker(key, f"{address}/v1", silence, downloads)
        case "xai":
            return XaiImageMaker(key, f"{address}/v1", silence, downloads)
        case "stability":
            return StabilityImageMaker(key, address, silence)
        case "flux":
            return FluxImageMaker(key, address, "v1", silence, downloads, clock or Impatient())
        case _:
            return GoogleImageMaker(key, address, silence)


def paths(requests: Sequence[Any]) -> list[str]:
    return [request.path.partition("?")[0] for request in requests]
