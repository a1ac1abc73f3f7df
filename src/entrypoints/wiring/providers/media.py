"""The models that draw and film, and who speaks to each provider."""

from collections.abc import AsyncIterator, Mapping, Sequence
from itertools import zip_longest
from typing import NewType

from dishka import Provider, Scope, provide  # pyright: ignore[reportUnknownVariableType] - dishka's own

from adapters.demo import media_catalog as demo
from adapters.demo.image import DemoImageMaker
from adapters.flux import catalog as flux
from adapters.flux.image import FluxImageMaker
from adapters.google import media_catalog as google
from adapters.google.image import GoogleImageMaker
from adapters.google.video import GoogleVideoMaker
from adapters.kling import catalog as kling
from adapters.kling.video import KlingVideoMaker
from adapters.openai import media_catalog as openai
from adapters.openai.image import OpenAIImageMaker
from adapters.openai.video import OpenAIVideoMaker
from adapters.stability import catalog as stability
from adapters.stability.image import StabilityImageMaker
from adapters.transport.patience import Patience
from adapters.xai import catalog as xai
from adapters.xai.image import XaiImageMaker
from application.background.going_on import GoingOn
from application.files.keep_file import KeepFile
from application.media.draw_pictures import DrawPictures, KeepPictures
from application.media.follow_video import FollowVideo
from application.media.forget_videos import ForgetVideos
from application.media.load_pictures import LoadPictures
from application.media.make_images import MakeImages
from application.media.makers import ImageLanes, VideoLanes
from application.media.offer import OfferMedia
from application.media.order_video import OrderVideo
from application.media.take_out import TakeOut
from application.media.user_videos import UserVideos
from application.media.video_news import VideoNews
from application.media.videos import VideoLimits, Videos
from application.ports.clock import Clock
from application.ports.downloads import Downloads
from application.ports.media_makers import ImageMaker, VideoMaker
from application.ports.unit_of_work import UnitOfWork
from application.usage.spending import Spending
from domain.catalog.media_cards import ImageCard, VideoCard
from domain.catalog.media_catalog import MediaCatalog
from entrypoints.wiring.obstacles import media_obstacles
from entrypoints.wiring.settings import Settings

ImageAdapter = (
    OpenAIImageMaker | XaiImageMaker | StabilityImageMaker | FluxImageMaker | GoogleImageMaker
)
ImageAdapters = NewType("ImageAdapters", Mapping[str, Sequence[ImageAdapter]])
"""By the provider's name: one for each key, and one that misses its key where there is none."""

ImageMakers = NewType("ImageMakers", Mapping[str, ImageMaker])
"""Who draws, by the provider's name."""


VideoAdapter = OpenAIVideoMaker | GoogleVideoMaker | KlingVideoMaker
VideoAdapters = NewType("VideoAdapters", Mapping[str, Sequence[VideoAdapter]])
"""Likewise of those who film."""

VideoMakers = NewType("VideoMakers", Mapping[str, VideoMaker])
"""Who films, by the provider's name."""


def image_catalog() -> MediaCatalog[ImageCard]:
    """Return every model that draws; the first is the default."""
    drawing = (openai, google, flux, stability, xai, demo)
    cards = (card for provider in drawing for card in provider.IMAGES)
    # Longer beginnings first: a name belongs to the nearest family.
    families = {name: card for each in drawing for name, card in each.IMAGE_FAMILIES.items()}
    ordered = dict(sorted(families.items(), key=lambda family: -len(family[0])))
    return MediaCatalog("image", cards, ordered)


def video_catalog() -> MediaCatalog[VideoCard]:
    """Return every model that films; the first is the default."""
    cards = (card for provider in (google, openai, kling) for card in provider.VIDEOS)
    return MediaCatalog("video", cards, google.VIDEO_FAMILIES | openai.VIDEO_FAMILIES)


class MediaProvider(Provider):
    """Nothing connects, and nothing heavy is imported, before the first order."""

    scope = Scope.APP

    load_pictures = provide(LoadPictures)
    keep_pictures = provide(KeepPictures)
    draw_pictures = provide(DrawPictures)
    take_out = provide(TakeOut)
    user_videos = provide(UserVideos)
    video_news = provide(VideoNews)
    forget_videos = provide(ForgetVideos)

    @provide
    def make_images(
        self,
        catalog: MediaCatalog[ImageCard],
        makers: ImageMakers,
        load: LoadPictures,
        spending: Spending,
        clock: Clock,
    ) -> MakeImages:
        """With every provider the wiring knows."""
        return MakeImages(catalog, makers, load, spending, clock)

    @provide
    def order_video(self, catalog: MediaCatalog[VideoCard], load: LoadPictures) -> OrderVideo:
        """Any model that films."""
        return OrderVideo(catalog, load)

    @provide
    def follow_video(
        self,
        work: UnitOfWork,
        makers: VideoMakers,
        keep: KeepFile,
        spending: Spending,
        clock: Clock,
        news: VideoNews,
    ) -> FollowVideo:
        """With every provider the wiring knows."""
        return FollowVideo(work, makers, keep, spending, clock, news)

    @provide
    def videos(
        self,
        work: UnitOfWork,
        order: OrderVideo,
        follow: FollowVideo,
        going_on: GoingOn,
        news: VideoNews,
        clock: Clock,
        settings: Settings,
    ) -> Videos:
        """The web entrypoint enters it."""
        limits = VideoLimits(per_user=settings.videos_per_user, drain_s=settings.drain_s)
        return Videos(work, order, follow, going_on, news, clock, limits)

    @provide
    def offer_media(
        self,
        images: MediaCatalog[ImageCard],
        films: MediaCatalog[VideoCard],
        settings: Settings,
    ) -> OfferMedia:
        """What stands in the way of a model is a setting that is missing."""
        return OfferMedia(images, films, media_obstacles([images, films], settings))

    @provide
    def films(self) -> MediaCatalog[VideoCard]:
        """Every model that films."""
        return video_catalog()

    @provide
    async def video_adapters(
        self, settings: Settings, patience: Patience, downloads: Downloads, clock: Clock
    ) -> AsyncIterator[VideoAdapters]:
        """Who speaks to each provider, once for each of its keys; Kling's come in pairs."""
        said = settings
        pairs = zip_longest(said.klingai_access_key.parts(), said.klingai_secret_key.parts())
        found = VideoAdapters(
            {
                "openai": [
                    OpenAIVideoMaker(key, said.openai_base_url, patience)
                    for key in said.openai_api_key.parts()
                ],
                "gemini": [
                    GoogleVideoMaker(key, said.google_base_url, patience, downloads)
                    for key in said.google_api_key.parts()
                ],
                kling.PROVIDER: [
                    KlingVideoMaker(
                        access, secret, said.klingai_base_url, patience, downloads, clock
                    )
                    for access, secret in pairs
                ],
            }
        )
        yield found
        for keys in found.values():
            for adapter in keys:
                await adapter.aclose()

    @provide
    def video_makers(
        self, settings: Settings, adapters: VideoAdapters, clock: Clock
    ) -> VideoMakers:
        """Every provider behind its circuit."""
        limit = settings.circuit_failures
        return VideoMakers(
            {name: VideoLanes(name, keys, clock, limit) for name, keys in adapters.items()}
        )

    @provide
    def images(self) -> MediaCatalog[ImageCard]:
        """Every model that draws."""
        return image_catalog()

    @provide
    async def image_adapters(
        self, settings: Settings, patience: Patience, downloads: Downloads, clock: Clock
    ) -> AsyncIterator[ImageAdapters]:
        """Who speaks to each provider, once for each of its keys."""
        said = settings
        found = ImageAdapters(
            {
                "openai": [
                    OpenAIImageMaker(key, said.openai_base_url, patience, downloads)
                    for key in said.openai_api_key.parts()
                ],
                "xai": [
                    XaiImageMaker(key, said.xai_base_url, patience, downloads)
                    for key in said.xai_api_key.parts()
                ],
                "stability": [
                    StabilityImageMaker(key, said.stability_base_url, patience)
                    for key in said.stability_api_key.parts()
                ],
                "flux": [
                    FluxImageMaker(
                        key,
                        said.flux_base_url,
                        said.flux_api_version,
                        patience,
                        downloads,
                        clock,
                    )
                    for key in said.flux_api_key.parts()
                ],
                "gemini": [
                    GoogleImageMaker(key, said.google_base_url, patience)
                    for key in said.google_api_key.parts()
                ],
            }
        )
        yield found
        for keys in found.values():
            for adapter in keys:
                await adapter.aclose()

    @provide
    def image_makers(
        self, settings: Settings, adapters: ImageAdapters, clock: Clock
    ) -> ImageMakers:
        """Every provider behind its circuit; the demonstration needs none."""
        limit = settings.circuit_failures
        lanes = {name: ImageLanes(name, keys, clock, limit) for name, keys in adapters.items()}
        return ImageMakers({**lanes, demo.PROVIDER: DemoImageMaker()})
