"""Stability AI's models."""

from collections.abc import Mapping

import msgspec
from msgspec import Struct

from adapters.stability.catalog import PROVIDER
from adapters.stability.request import form_of, path_of
from adapters.transport.aside import aside
from adapters.transport.moderation import content_refused, refused
from adapters.transport.not_json import NOT_JSON
from adapters.transport.patience import Patience
from adapters.transport.pictures import WITHIN_S, decoded, picture
from adapters.transport.rest import Answer, Call, Rest, bearer
from application.ports.media_makers import ImageMaker
from domain.media import ImageOrder, ImagesMade, Picture
from domain.provider_errors import ProviderError, ProviderGarbled

BASE_URL = "https://api.stability.ai"
_KEY_VARIABLE = "STABILITY_API_KEY"
_FILTERED = "CONTENT_FILTERED"


class StabilityImageMaker(ImageMaker):
    """Nothing is imported or opened before the first order."""

    def __init__(self, api_key: str | None, base_url: str, patience: Patience) -> None:
        place = base_url or BASE_URL
        self._rest = Rest(PROVIDER, place, api_key, _KEY_VARIABLE, patience, _signed, _refused)

    async def make(self, order: ImageOrder) -> ImagesMade:
        call = Call(path_of(order), parts=form_of(order))
        answer = await self._rest.whole(call, WITHIN_S)
        drawn = await aside(len(answer.content), read_picture, answer)
        return ImagesMade((drawn,))

    async def aclose(self) -> None:
        """Close every connection; for the end of the process."""
        await self._rest.aclose()


class _Artifact(Struct, frozen=True):
    base64: str = ""
    finish_reason: str | None = None


class _Listed(Struct, frozen=True):
    """What comes in place of a plain picture: of the newer interface, or of the older one."""

    image: str = ""
    finish_reason: str | None = None
    artifacts: tuple[_Artifact, ...] = ()


def read_picture(answer: Answer) -> Picture:
    """Return the picture of an answer: plain, or inside JSON.

    Raises:
        ContentRefused: it was drawn, and moderation has blurred it.
        ProviderGarbled: there is none.
    """
    if answer.headers.get("finish-reason") == _FILTERED:
        raise content_refused(PROVIDER)
    if answer.content[:1] != b"{":
        return picture(PROVIDER, answer.content)
    try:
        listed = msgspec.json.decode(answer.content, type=_Listed)
    except NOT_JSON as error:
        raise ProviderGarbled(PROVIDER, f"{PROVIDER} sent no picture") from error
    first = listed.artifacts[0] if listed.artifacts else None
    reason = listed.finish_reason or (first and first.finish_reason)
    if reason == _FILTERED:
        raise content_refused(PROVIDER)
    return decoded(PROVIDER, listed.image or (first.base64 if first else ""))


def _signed(key: str) -> Mapping[str, str]:
    return {**bearer(key), "accept": "image/*"}


def _refused(status: int, body: bytes, headers: Mapping[str, str]) -> ProviderError:
    return refused(PROVIDER, status, body, headers)
