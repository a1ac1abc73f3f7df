"""What is drawn in an answer, and for it."""

from collections.abc import AsyncGenerator, Sequence
from typing import Any

import structlog
from msgspec import structs

from application.files.keep_file import KeepFile
from application.media.draw_pictures import DrawPictures
from application.ports.clock import Clock
from domain.errors import ParleyError
from domain.files.keys import address_of, kept_address
from domain.files.kinds import extension_of, kind_of
from domain.ids import UserId
from domain.media_wishes import ImageWish
from domain.provider_errors import ProviderError
from domain.turn.ask import Ask
from domain.turn.events import (
    MediaGiven,
    MediaKept,
    ModelChosen,
    PictureBegun,
    PictureFailed,
    PictureMade,
    TurnEvent,
)
from domain.turn.prompt import FilePart, ImagePart
from domain.turn.settings import PictureWanted

log = structlog.get_logger("pictures")

MOST_BYTES = 50_000_000
_NAME = "image.png"
_OTHER_NAME = "media.bin"
_SHOWN_CHARS = 64
"""Of a data URL, which must not be stored with a message."""


class Pictures:
    """Keeps what a model draws in its answer, and has the answer itself drawn."""

    def __init__(self, draw: DrawPictures, keep: KeepFile, clock: Clock) -> None:
        self._draw = draw
        self._keep = keep
        self._clock = clock

    async def told(
        self, ask: Ask, batch: Sequence[TurnEvent | MediaGiven], chosen: ModelChosen | None
    ) -> list[TurnEvent]:
        """Return a batch as readers are told of it, with places where media were.

        What cannot be kept is told as a failure; the words around it stand.
        """
        found: list[TurnEvent] = []
        for event in batch:
            if isinstance(event, MediaGiven):
                found.append(await self._kept(ask, event, chosen))
            else:
                found.append(event)
        return found

    async def of_answer(self, ask: Ask, text: str) -> AsyncGenerator[TurnEvent, None]:
        """Yield how the pictures of an answer come about, where some are wanted."""
        wanted = ask.settings.picture
        if wanted is None or not text.strip():
            return
        yield PictureBegun()
        began = self._clock.now()
        source = _input_of(ask)
        wish = structs.replace(wanted.wish, prompt=text, inputs=(source,) if source else ())
        try:
            kept = await self._draw(ask.user, wish)
        except ParleyError as error:
            log.info("no picture", error=error.code)
            yield _failed(error)
            return
        duration_s = round((self._clock.now() - began).total_seconds(), 1)
        width, height = kept.order.size
        settings = {
            "width": width,
            "height": height,
            "quality": kept.order.quality or wish.quality,
            "prompt": text,
        }
        request = _request(wish, wanted, source)
        for address in kept.addresses:
            model = kept.order.card.model
            yield PictureMade(address, model, settings, request, duration_s)

    async def _kept(self, ask: Ask, given: MediaGiven, chosen: ModelChosen | None) -> TurnEvent:
        is_picture = given.mime_type.startswith("image/")
        try:
            address = await self._stored(ask.user, given, _NAME if is_picture else _OTHER_NAME)
        except ParleyError as error:
            log.warning("what the model made is not kept", error=error.code)
            return _failed(error)
        if not is_picture:
            return MediaKept(address, given.mime_type)
        request = {"prompt": ask.text, "input_image_url": None, "image_mode": None}
        return PictureMade(address, "" if chosen is None else chosen.model, request=request)

    async def _stored(self, user: UserId, given: MediaGiven, name: str) -> str:
        file = await self._keep(user, name, given.mime_type, given.content, MOST_BYTES)
        return address_of(file.key)


def _failed(error: ParleyError) -> PictureFailed:
    provider = error.provider if isinstance(error, ProviderError) else None
    wait_s: float | None = getattr(error, "retry_after_s", None)
    return PictureFailed(error.code, str(error), provider, wait_s)


def _input_of(ask: Ask) -> str | None:
    """Return the picture that the answer's is made from: the question's last one, if any."""
    pictures = [part.url for part in ask.question if isinstance(part, ImagePart)]
    if pictures:
        return pictures[-1]
    files = (part for part in ask.question if isinstance(part, FilePart))
    return next((file.url for file in files if _is_picture(file)), None)


def _is_picture(file: FilePart) -> bool:
    plain = file.url.partition("?")[0]
    kind = file.mime_type or (kind_of(plain) if extension_of(plain) else None)
    return (kind or "").startswith("image/") or file.url.startswith("data:image/")


def _request(wish: ImageWish, wanted: PictureWanted, source: str | None) -> dict[str, Any]:
    if source is not None:
        source = f"{source[:_SHOWN_CHARS]}…" if source[:5] == "data:" else kept_address(source)
    return {"prompt": wish.prompt, "input_image_url": source, "image_mode": wanted.mode}
