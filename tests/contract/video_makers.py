"""Every video maker of ours, over real connections to the simulated studio."""

from typing import Any

from adapters.google.video import GoogleVideoMaker
from adapters.kling.video import KlingVideoMaker
from adapters.memory.clock import ManualClock
from adapters.openai.video import OpenAIVideoMaker
from adapters.transport.egress import Egress
from adapters.transport.patience import Patience
from domain.media import Picture, Reference, VideoOrder
from domain.media_wishes import Frames, VideoWish, video_order
from entrypoints.wiring.providers.media import video_catalog
from tests.simulators.provider_wires import KEY
from tests.simulators.studio import png
from tests.simulators.video_wires import VideoWire

CATALOG = video_catalog()
PHOTO = Picture(png(40, 30), "image/png")
SECRET = f"{KEY}-and-more-of-it-for-hs256"


def film_order(
    name: str,
    *,
    image: bool = False,
    last: bool = False,
    references: int = 0,
    **said: Any,
) -> VideoOrder:
    """Return an order for a model."""
    wish = VideoWish(**{"prompt": "waves at dusk", "model": name, **said})
    frames = Frames(
        PHOTO if image else None, PHOTO if last else None, (Reference(PHOTO),) * references
    )
    return video_order(CATALOG.find(name), wish, frames)


def video_maker(
    wire: VideoWire,
    address: str,
    key: str | None = KEY,
    patience: Patience | None = None,
    clock: ManualClock | None = None,
) -> Any:
    """Return the real adapter for a wire, whose provider is at an address."""
    silence = patience or Patience()
    downloads = Egress([address.removeprefix("http://")])
    match wire.provider:
        case "openai":
            return OpenAIVideoMaker(key, f"{address}/v1", silence)
        case "gemini":
            return GoogleVideoMaker(key, address, silence, downloads)
        case _:
            return KlingVideoMaker(key, SECRET, address, silence, downloads, clock or ManualClock())
