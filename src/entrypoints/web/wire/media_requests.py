"""Bodies of the endpoints that draw and film, and what they answer."""

from collections.abc import Mapping
from typing import Annotated, Any

from msgspec import Meta, Struct

from entrypoints.web.wire.chat_requests import CustomerId
from entrypoints.web.wire.names import Json, section, snake_keys

Prompt = Annotated[str, Meta(min_length=1, examples=["a red bicycle"])]
Address = Annotated[
    str, Meta(description="An http(s) address, a link to a file of ours, or a data URL.")
]
MediaSettings = Annotated[
    dict[str, Any],
    Meta(
        description="Of the user's settings, the section `image` or `video` is read.",
        examples=[{"image": {"model": "flux", "width": 1024, "height": 1024}}],
    ),
]


class ImageRequest(Struct, frozen=True, kw_only=True):
    """What to draw. Unknown keys are passed over."""

    prompt: Prompt
    customer_id: CustomerId
    settings: MediaSettings = {}
    image_url: Address | None = None
    """The picture that it is made from."""
    message_id: int | str | None = None
    """Accepted, unused."""
    session_id: str | None = None
    """Accepted, unused."""
    save_to_db: bool = True
    """False: the picture itself comes back, as a data URL, and is not kept."""


class ImageSettings(Struct, frozen=True):
    """How it was drawn."""

    provider: str
    model: str
    width: int
    height: int
    quality: str


class ImageMade(Struct, frozen=True, kw_only=True):
    """The picture; where several were asked for, the first."""

    image_url: str
    image_urls: tuple[str, ...]
    """All of them."""
    provider: str
    model: str
    settings: ImageSettings


def settings_of(settings: Mapping[str, Any], name: str) -> Json:
    """Return a section of the settings; anything but an object counts as an empty one."""
    found = snake_keys(settings)
    return section(found, name) if isinstance(found.get(name), dict) else {}
