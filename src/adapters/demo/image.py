"""A picture without a model: it needs no key and no network, and says so in large letters."""

import asyncio
import hashlib
from io import BytesIO
from textwrap import wrap
from typing import Any

from adapters.demo.media_catalog import PROVIDER
from adapters.transport.moderation import content_refused
from application.ports.media_makers import ImageMaker
from domain.media import ImageOrder, ImagesMade, Picture

TITLE = "DEMONSTRATION"
NOTE = "drawn by Parley itself, not by a model"
REFUSE = "/refuse"
_LINES = 6


class DemoImageMaker(ImageMaker):
    """Draws the words of the prompt; the same order brings the same picture.

    `/refuse` anywhere in the prompt is refused as moderation would.
    """

    async def make(self, order: ImageOrder) -> ImagesMade:
        """Return one picture; see the port."""
        if REFUSE in order.prompt:
            raise content_refused(PROVIDER, "the prompt says so")
        return ImagesMade((await asyncio.to_thread(_drawn, order),))


def _drawn(order: ImageOrder) -> Picture:
    from PIL import Image, ImageDraw, ImageFont  # noqa: PLC0415 - start-up need not pay for it

    width, height = order.size
    colour = hashlib.sha256(order.prompt.encode()).digest()
    image = Image.new("RGB", order.size, _shade(colour[:3], 0.35))
    draw: Any = ImageDraw.Draw(image)
    for ring in range(8, 0, -1):
        reach = min(width, height) * ring // 18
        middle = (width // 2, height // 2)
        box = (middle[0] - reach, middle[1] - reach, middle[0] + reach, middle[1] + reach)
        draw.ellipse(box, fill=_shade(colour[ring : ring + 3], 0.25 + ring * 0.06))
    large, small = (ImageFont.load_default(max(12, width // size)) for size in (14, 26))
    words = wrap(order.prompt, 36)
    shown = [*words[:_LINES], *(["…"] if len(words) > _LINES else [])]
    draw.text((width // 2, height // 8), TITLE, "white", large, anchor="mm")
    draw.text((width // 2, height // 5), NOTE, "white", small, anchor="mm")
    text = "\n".join(shown)
    draw.multiline_text(
        (width // 2, height // 2), text, "white", small, anchor="mm", align="center"
    )
    content = BytesIO()
    image.save(content, "PNG")
    return Picture(content.getvalue(), "image/png")


def _shade(colour: bytes, light: float) -> tuple[int, int, int]:
    red, green, blue = (round(part * light) for part in colour)
    return red, green, blue
