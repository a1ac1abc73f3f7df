"""A wish for a clip → an order that a provider can take."""

from application.media.load_pictures import LoadPictures
from domain.catalog.media_cards import VideoCard
from domain.catalog.media_catalog import MediaCatalog
from domain.ids import UserId
from domain.media import Picture, Reference, VideoOrder
from domain.media_wishes import Frames, VideoWish, video_order

_UNSEEN = Picture(b"", "")
_REFERENCES = "video.reference_images"


class OrderVideo:
    """Chooses the model, and loads the pictures that the wish names."""

    def __init__(self, catalog: MediaCatalog[VideoCard], load: LoadPictures) -> None:
        self._catalog = catalog
        self._load = load

    async def __call__(self, user: UserId, wish: VideoWish) -> VideoOrder:
        """Return the order.

        Raises:
            UnknownMediaModel: no model has that name.
            InvalidRequest: the wish makes no sense to the model, or a picture cannot be had.
            OperationUnsupported: the model cannot go on from a clip.
        """
        card = self._catalog.find(wish.model)
        # Everything that can be said without them is said before pictures are loaded.
        unseen = Frames(None if wish.image is None else _UNSEEN)
        video_order(card, wish, unseen)
        return video_order(card, wish, await self._frames(user, wish))

    async def _frames(self, user: UserId, wish: VideoWish) -> Frames:
        return Frames(
            await self._one(user, wish.image, "input_image_url"),
            await self._one(user, wish.last_frame, "video.last_frame"),
            tuple(
                [
                    Reference((await self._load(user, (url,), _REFERENCES))[0], kind)
                    for url, kind in wish.references
                ]
            ),
        )

    async def _one(self, user: UserId, url: str | None, field: str) -> Picture | None:
        return None if url is None else (await self._load(user, (url,), field))[0]
