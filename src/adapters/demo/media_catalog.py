"""The demonstration that draws: it needs no key, and every picture of it says what it is."""

from domain.catalog.media_cards import ImageCard
from domain.catalog.media_price import PicturePrice
from domain.catalog.shapes import Limits

PROVIDER = "demo"

IMAGES = (
    ImageCard(
        id="demo",
        provider=PROVIDER,
        model="demo",
        limits=Limits(step=1, shortest=128, longest=2048, most_pixels=2048 * 2048),
        inputs=1,
        at_once=1,
        price=PicturePrice(),
    ),
)
IMAGE_FAMILIES: dict[str, str] = {}
