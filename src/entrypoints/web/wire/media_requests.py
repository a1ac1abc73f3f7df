"""Bodies of the endpoints that draw and film, and what they answer."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta, Struct

from domain.media import JobState
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
    session_id: int | str | None = None
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


class VideoRequest(Struct, frozen=True, kw_only=True):
    """What to film. Unknown keys are passed over."""

    prompt: Prompt
    customer_id: CustomerId
    settings: MediaSettings = {}
    input_image_url: Address | None = None
    """The first frame."""
    session_id: int | str | None = None
    """Accepted, unused."""
    save_to_db: bool = True
    """False: the clip itself comes back, as a data URL, and is not kept."""


class VideoMade(Struct, frozen=True, kw_only=True):
    """The clip; where several were asked for, the first."""

    video_url: str
    video_urls: tuple[str, ...]
    """All of them."""
    provider: str
    model: str
    """As it was asked for."""
    duration: float
    """Seconds, as the model took it."""
    settings: Mapping[str, Any]
    """What was ordered; `video_id` is the provider's own id, for extending the clip."""
    job_id: str


class VideoJobObject(Struct, frozen=True, kw_only=True):
    """A clip that has been ordered."""

    job_id: str
    state: JobState
    """`asking`, `running`, `done`, `failed` or `cancelled`; the last three are final."""
    progress: int | None
    """Percent; null: the provider does not say."""
    provider: str
    model: str
    duration: float
    settings: Mapping[str, Any]
    video_url: str | None
    video_urls: tuple[str, ...]
    error: str | None
    error_code: str | None
    created_at: datetime
    updated_at: datetime
    deadline_at: datetime
    """Later than this it is not waited for."""


class VideoJobPage(Struct, frozen=True):
    """The caller's jobs, newest first."""

    jobs: tuple[VideoJobObject, ...]
    count: int


def settings_of(settings: Mapping[str, Any], name: str) -> Json:
    """Return a section of the settings; anything but an object counts as an empty one."""
    found = snake_keys(settings)
    return section(found, name) if isinstance(found.get(name), dict) else {}
