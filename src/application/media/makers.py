"""Makers of one provider through several keys, and through none while it is down."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from msgspec import structs

from application.ports.clock import Clock
from application.ports.media_makers import ImageMaker, VideoMaker
from application.providers.key_lanes import KeyLanes
from domain.media import ImageOrder, ImagesMade, VideoLook, VideoOrder, VideoReady, VideoTicket


class ImageLanes(ImageMaker):
    """The image maker of one provider, whose adapter exists once for each key."""

    def __init__(
        self, provider: str, makers: Sequence[ImageMaker], clock: Clock, failures: int
    ) -> None:
        """Open a lane for each adapter; see `KeyLanes`."""
        self._lanes = KeyLanes(provider, makers, clock, failures)

    async def make(self, order: ImageOrder) -> ImagesMade:
        """Return the pictures from the first key that may be used; see the port."""
        return await self._lanes.ask(lambda maker: maker.make(order))


class VideoLanes(VideoMaker):
    """The video maker of one provider, likewise.

    Whatever is asked of a job goes to the key that it was begun with: no other may know it.
    """

    def __init__(
        self, provider: str, makers: Sequence[VideoMaker], clock: Clock, failures: int
    ) -> None:
        """Open a lane for each adapter; see `KeyLanes`."""
        self._makers = tuple(makers)
        self._lanes = KeyLanes(provider, makers, clock, failures)

    async def begin(self, order: VideoOrder) -> VideoTicket:
        """Begin with the first key that may be used; see the port."""

        async def begun(maker: VideoMaker) -> VideoTicket:
            ticket = await maker.begin(order)
            return structs.replace(ticket, key=self._makers.index(maker))

        return await self._lanes.ask(begun)

    async def look(self, ticket: VideoTicket) -> VideoLook:
        """See the port."""
        return await self._of(ticket).look(ticket)

    async def fetch(
        self, ticket: VideoTicket, ready: VideoReady, number: int
    ) -> AsyncGenerator[bytes, None]:
        """See the port."""
        async with aclosing(self._of(ticket).fetch(ticket, ready, number)) as pieces:
            async for piece in pieces:
                yield piece

    async def cancel(self, ticket: VideoTicket) -> None:
        """See the port."""
        await self._of(ticket).cancel(ticket)

    def _of(self, ticket: VideoTicket) -> VideoMaker:
        """Return the maker with the ticket's key; the first, where there are fewer by now."""
        return self._makers[ticket.key if ticket.key < len(self._makers) else 0]
