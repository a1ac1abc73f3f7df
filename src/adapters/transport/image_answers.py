"""The answer of OpenAI's images interface, which others speak too."""

import msgspec
from msgspec import Struct

from adapters.transport.aside import aside
from adapters.transport.not_json import NOT_JSON
from adapters.transport.pictures import decoded, fetched
from application.ports.downloads import Downloads
from domain.catalog.media_price import MediaTokens
from domain.media import ImagesMade
from domain.provider_errors import ProviderGarbled

_TICKS_A_USD = 10_000_000_000


class _Image(Struct, frozen=True):
    b64_json: str | None = None
    url: str | None = None


class _Details(Struct, frozen=True):
    text_tokens: int = 0
    image_tokens: int = 0


class _Usage(Struct, frozen=True):
    input_tokens: int = 0
    output_tokens: int = 0
    input_tokens_details: _Details | None = None
    output_tokens_details: _Details | None = None
    cost_in_usd_ticks: int | None = None
    """xAI's own word for what it costs."""


class ImagesAnswer(Struct, frozen=True):
    """Pictures, or their addresses, and what they took."""

    data: tuple[_Image, ...]
    usage: _Usage | None = None

    @property
    def tokens(self) -> MediaTokens | None:
        """What was read and drawn, where the answer tells."""
        used = self.usage
        if used is None or not used.output_tokens:
            return None
        read = used.input_tokens_details or _Details(used.input_tokens)
        drawn = used.output_tokens_details or _Details(0, used.output_tokens)
        return MediaTokens(
            read.text_tokens, read.image_tokens, drawn.text_tokens, drawn.image_tokens
        )

    @property
    def cost_usd(self) -> float | None:
        """What it cost, where the answer tells."""
        ticks = None if self.usage is None else self.usage.cost_in_usd_ticks
        return None if ticks is None else ticks / _TICKS_A_USD


_decode = msgspec.json.Decoder(ImagesAnswer).decode


def read_images(provider: str, body: bytes) -> ImagesAnswer:
    """Return the answer that a body is.

    Raises:
        ProviderGarbled: it is none, or holds no picture.
    """
    try:
        answer = _decode(body)
    except NOT_JSON as error:
        raise ProviderGarbled(provider, f"{provider} sent no list of pictures") from error
    if not any(image.b64_json or image.url for image in answer.data):
        raise ProviderGarbled(provider, f"{provider} sent a list without a picture")
    return answer


async def images_of(provider: str, answer: ImagesAnswer, downloads: Downloads) -> ImagesMade:
    """Return the pictures themselves.

    Raises:
        ResultLost: one is not to be had at its address.
        ProviderGarbled: one is no picture.
    """
    found = [
        await aside(len(image.b64_json), decoded, provider, image.b64_json)
        if image.b64_json
        else await fetched(provider, downloads, image.url or "")
        for image in answer.data
        if image.b64_json or image.url
    ]
    return ImagesMade(tuple(found), answer.tokens, answer.cost_usd)
