"""Models that draw and film what a script says."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Sequence

from application.ports.media_makers import ImageMaker, VideoMaker
from domain.errors import ParleyError
from domain.media import (
    ImageOrder,
    ImagesMade,
    VideoLook,
    VideoOrder,
    VideoReady,
    VideoTicket,
    VideoUnderWay,
)

ImageStep = ImagesMade | ParleyError | asyncio.Event
"""What an order brings; an event holds it up until it is set, for the next step to decide."""
LookStep = VideoLook | ParleyError


class ScriptedImageMaker(ImageMaker):
    """Draws one step after another; an order beyond the script is a mistake of the test."""

    def __init__(self, *steps: ImageStep) -> None:
        self._steps = deque(steps)
        self.orders: list[ImageOrder] = []
        self.waiting = asyncio.Event()
        """An order is being held up."""

    async def make(self, order: ImageOrder) -> ImagesMade:
        """See the port."""
        self.orders.append(order)
        while True:
            step = self._steps.popleft()
            if isinstance(step, ImagesMade):
                return step
            if isinstance(step, ParleyError):
                raise step
            self.waiting.set()
            await step.wait()


class ScriptedVideoMaker(VideoMaker):
    """Takes every order, and says of it what the script says; afterwards it is ready."""

    def __init__(
        self,
        *looks: LookStep,
        refuses: Sequence[ParleyError] = (),
        clips: Sequence[bytes] = (b"\x00\x00\x00\x18ftypmp42" + bytes(64),),
    ) -> None:
        """Take the script.

        Args:
            looks: what each look brings.
            refuses: what the first orders are refused with.
            clips: what there is to be fetched once it is ready.
        """
        self.looks = deque(looks)
        self.refuses = deque(refuses)
        self.clips = list(clips)
        self.orders: list[VideoOrder] = []
        self.looked: list[VideoTicket] = []
        self.cancelled: list[VideoTicket] = []
        self.fetch_failures: deque[ParleyError] = deque()

    async def begin(self, order: VideoOrder) -> VideoTicket:
        """See the port."""
        self.orders.append(order)
        if self.refuses:
            raise self.refuses.popleft()
        return VideoTicket(f"job-{len(self.orders)}")

    async def look(self, ticket: VideoTicket) -> VideoLook:
        """See the port."""
        self.looked.append(ticket)
        if not self.looks:
            places = tuple(f"clip-{number}" for number in range(len(self.clips)))
            return VideoReady(places, upstream=f"clip-of-{ticket.id}")
        step = self.looks.popleft()
        if isinstance(step, ParleyError):
            raise step
        return step

    async def fetch(
        self, ticket: VideoTicket, ready: VideoReady, number: int
    ) -> AsyncGenerator[bytes, None]:
        """See the port."""
        if self.fetch_failures:
            raise self.fetch_failures.popleft()
        clip = self.clips[number]
        yield clip[: len(clip) // 2]
        yield clip[len(clip) // 2 :]

    async def cancel(self, ticket: VideoTicket) -> None:
        """See the port."""
        self.cancelled.append(ticket)


UNDER_WAY = VideoUnderWay()
