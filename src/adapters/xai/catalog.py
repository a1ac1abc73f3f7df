"""xAI's models that draw (contract: media §2). Prices as published in 2026-05."""

from domain.catalog.media_cards import ImageCard
from domain.catalog.media_price import PicturePrice

PROVIDER = "xai"
_SEEN = "2026-05"
_AS_BASE64 = {"response_format": "b64_json"}
_RATIOS = ("1:1", "16:9", "9:16", "4:3", "3:4", "3:2", "2:3", "2:1", "1:2")

IMAGES = (
    ImageCard(
        id="grok-2-image",
        provider=PROVIDER,
        model="grok-2-image",
        aliases=("grok", "xai"),
        # It takes no size at all.
        sizes=((1024, 1024),),
        at_once=10,
        wire=_AS_BASE64,
        price=PicturePrice(each_usd=0.07, seen=_SEEN),
    ),
    ImageCard(
        id="grok-imagine-image",
        provider=PROVIDER,
        model="grok-imagine-image",
        ratios=_RATIOS,
        inputs=1,
        at_once=10,
        wire=_AS_BASE64,
        price=PicturePrice(each_usd=0.02, seen=_SEEN),
    ),
)
IMAGE_FAMILIES = {"grok-imagine": "grok-imagine-image", "grok": "grok-2-image"}
