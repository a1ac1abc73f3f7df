"""Pictures on demand."""

from dishka import FromDishka
from dishka.integrations.litestar import inject
from litestar import post
from litestar.params import JSONBody

from application.files.links import FileLinks
from application.media.draw_pictures import KeepPictures
from application.media.make_images import MakeImages
from domain.errors import InvalidRequest
from domain.media import Picture
from entrypoints.web.documented import BEARER_OR_URL, errors
from entrypoints.web.identity import SignedIn, check_customer, signed_in_by_url
from entrypoints.web.presence import while_there
from entrypoints.web.replies import MEDIA_DOOR
from entrypoints.web.wire.data_urls import data_url
from entrypoints.web.wire.envelopes import ChatEnvelope
from entrypoints.web.wire.image_settings import image_wish
from entrypoints.web.wire.media_requests import (
    ImageMade,
    ImageRequest,
    ImageSettings,
    settings_of,
)


@post(
    "/image/generate",
    status_code=200,
    guards=[signed_in_by_url],
    opt=MEDIA_DOOR,
    tags=["Media"],
    security=BEARER_OR_URL,
    responses=errors(401, 403, 404, 422, 429, 502),
    summary="Draw a picture",
)
@inject
async def generate_image(
    request: SignedIn,
    data: JSONBody[ImageRequest],
    make: FromDishka[MakeImages],
    keep: FromDishka[KeepPictures],
    links: FromDishka[FileLinks],
) -> ChatEnvelope[ImageMade]:
    """Draw, from words or from a picture and words, and wait for it."""
    check_customer(data.customer_id, request.user)
    if not data.prompt.strip():
        raise InvalidRequest("Prompt cannot be empty", "prompt")
    inputs = (data.image_url,) if data.image_url else ()
    wish = image_wish(data.prompt, settings_of(data.settings, "image"), inputs)
    drawn = await while_there(request.receive, make(request.user, wish))
    order = drawn.order
    if data.save_to_db:
        kept = await keep(request.user, drawn.pictures)
        urls = tuple(map(links.kept, kept))
    else:
        urls = tuple(map(_carried, drawn.pictures))
    width, height = order.size
    quality = order.quality or wish.quality
    settings = ImageSettings(order.card.provider, order.card.model, width, height, quality)
    made = ImageMade(
        image_url=urls[0],
        image_urls=urls,
        provider=order.card.provider,
        model=order.card.model,
        settings=settings,
    )
    return ChatEnvelope(data=made)


def _carried(picture: Picture) -> str:
    return data_url(picture.content, picture.mime_type)
