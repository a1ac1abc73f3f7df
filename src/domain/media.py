"""Orders for pictures and clips, and what comes back."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct

from domain.catalog.media_cards import DrawingOption, FilmingOption, ImageCard, VideoCard
from domain.catalog.media_price import MediaTokens
from domain.catalog.shapes import Size
from domain.ids import JobId, UserId

MOST_PICTURES = 8
"""In one order."""


class Picture(Struct, frozen=True):
    """A picture itself."""

    content: bytes
    mime_type: str
    """What the content shows itself to be."""


class ImageOrder(Struct, frozen=True, kw_only=True):
    """What to draw. Whatever the model's card has a say in is as the card wants it."""

    card: ImageCard
    prompt: str
    size: Size
    ratio: str = ""
    """For models that are told a ratio and no size."""
    quality: str = ""
    """The provider's own word; empty for models without one."""
    count: int = 1
    """At most as many as one request may ask for."""
    inputs: tuple[Picture, ...] = ()
    """What it is made from: at most as many as the model takes."""
    options: Mapping[DrawingOption, Any] = {}
    """Those that the model takes."""


class ImagesMade(Struct, frozen=True):
    """What a model drew: at least one picture."""

    pictures: tuple[Picture, ...]
    tokens: MediaTokens | None = None
    """As the provider counted them."""
    cost_usd: float | None = None
    """As the provider itself puts it."""

    def priced(self, order: ImageOrder) -> float | None:
        """Return what they cost; None where that is not known."""
        price = order.card.price
        if self.cost_usd is not None or price is None:
            return self.cost_usd
        if self.tokens is not None and price.tokens is not None:
            return price.tokens.of(self.tokens)
        return len(self.pictures) * price.of(order.quality, order.size, len(order.inputs))


def estimate(order: ImageOrder, count: int) -> float:
    """Return what so many pictures may cost, as far as can be told before; 0 without a price."""
    price = order.card.price
    if price is None:
        return 0.0
    return count * price.of(order.quality, order.size, len(order.inputs))


class Reference(Struct, frozen=True):
    """A picture of somebody or something that is to appear."""

    picture: Picture
    kind: str = "asset"


class VideoOrder(Struct, frozen=True, kw_only=True):
    """What to film."""

    card: VideoCard
    prompt: str
    seconds: int
    ratio: str
    resolution: str = ""
    size: Size | None = None
    """For models that are told pixels."""
    clips: int = 1
    image: Picture | None = None
    """The first frame …"""
    last_frame: Picture | None = None
    """… and the last."""
    references: tuple[Reference, ...] = ()
    extends: str | None = None
    """The provider's own id of the clip that is to go on."""
    options: Mapping[FilmingOption, Any] = {}

    @property
    def cost_usd(self) -> float | None:
        """What it costs; None where the price is not known."""
        price = self.card.price
        if price is None:
            return None
        width, height = self.size or (0, 0)
        named = f"{width}x{height}" if self.size else self.resolution
        return self.clips * price.of(self.seconds, named)


class VideoTicket(Struct, frozen=True):
    """What a provider's job is found again by, in another process too."""

    id: str
    """As the provider names it."""
    way: str = ""
    """Which of the provider's interfaces took it."""
    key: int = 0
    """Which of the operator's keys it was begun with, counted from 0."""


class VideoUnderWay(Struct, frozen=True):
    """The provider is still at work."""

    percent: int | None = None
    """None: it does not say."""


class VideoReady(Struct, frozen=True):
    """The clips are there to be fetched: at least one."""

    places: tuple[str, ...]
    upstream: str | None = None
    """The provider's own id of the first clip, for going on where it ends."""
    seconds: float | None = None
    """Its length, where the provider says."""


VideoLook = VideoUnderWay | VideoReady


class JobState(StrEnum):
    """How far a video job has come."""

    ASKING = "asking"
    """It is not known yet whether the provider takes it."""
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


OPEN = (JobState.ASKING, JobState.RUNNING)


class VideoJob(Struct, frozen=True, kw_only=True):
    """A clip that somebody has ordered; times are aware UTC."""

    id: JobId
    user: UserId
    fingerprint: str
    """Tells one order from another under the same key."""
    state: JobState = JobState.ASKING
    card: str
    """The id of the model's card."""
    provider: str
    settings: Mapping[str, Any] = {}
    """What was ordered, as clients are shown it."""
    seconds: float
    cost_usd: float | None = None
    """What it costs if it succeeds; None: not known."""
    ticket: VideoTicket | None = None
    percent: int | None = None
    urls: tuple[str, ...] = ()
    """Where the clips are, once they are kept."""
    upstream: str | None = None
    error_code: str | None = None
    error: str | None = None
    poll_s: float
    deadline_at: datetime
    created_at: datetime
    updated_at: datetime

    @property
    def open(self) -> bool:
        """Whether it may still come to something."""
        return self.state in OPEN
