"""Clips, by whoever films here."""

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from application.agent.tool import Tool, ToolContext
from application.files.links import FileLinks
from application.media.videos import Videos
from domain.ids import JobId, UserId
from domain.media import JobState, VideoJob
from domain.media_wishes import VideoWish
from domain.provider_errors import WorkFailed
from domain.tools import ToolSpec, parameters_of
from domain.turn.events import MediaKept

VideoModel = Literal["veo", "sora"]
LONGEST_S = 240.0
"""How long a clip may take: below the time that a tool has."""
_LEAST_S, _MOST_S = 3, 8


class GenerateVideoArguments(Struct, frozen=True):
    """What to film, for how long, and who shall."""

    prompt: Annotated[str, Meta(pattern=r"\S", max_length=8000)]
    model: VideoModel = "veo"
    duration_seconds: Annotated[float, Meta(description="From 3 to 8.")] = 5
    aspect_ratio: Literal["16:9", "9:16", "1:1"] = "16:9"
    input_image_url: Annotated[str, Meta(description="The picture it begins with.")] | None = None


class GenerateVideo(Tool):
    """The clip is a job like any other: followed, paid for, and stopped with the turn."""

    spec = ToolSpec(
        "generate_video",
        "Film a short clip, which takes minutes. Give the user its address.",
        parameters_of(GenerateVideoArguments),
    )
    takes = GenerateVideoArguments

    def __init__(self, videos: Videos, links: FileLinks) -> None:
        self._videos = videos
        self._links = links

    async def __call__(
        self, arguments: GenerateVideoArguments, context: ToolContext
    ) -> Mapping[str, Any]:
        """Return where the clip is, and who filmed it.

        Raises:
            WorkFailed: the provider took the order and made nothing of it.
            ParleyError: as `Videos.start`.
        """
        seconds = min(max(arguments.duration_seconds, _LEAST_S), _MOST_S)
        wish = VideoWish(
            prompt=arguments.prompt,
            model=arguments.model,
            seconds=seconds,
            ratio=arguments.aspect_ratio,
            image=arguments.input_image_url,
            longest_s=LONGEST_S,
        )
        ordered = (await self._videos.start(context.user, wish)).job
        job = await self._finished(context.user, ordered.id)
        if job.state is not JobState.DONE:
            raise WorkFailed(job.provider, job.error or "The clip did not come about")
        address = job.urls[0]
        context.tell(MediaKept(address, "video/mp4"))
        return {
            "video_url": self._links.renewed(address, context.user),
            "model": job.card,
            "provider": job.provider,
            "duration": job.seconds,
        }

    async def _finished(self, user: UserId, job: JobId) -> VideoJob:
        try:
            return await self._videos.wait(user, job)
        except asyncio.CancelledError:
            # Nobody will see it any more, and it costs money by the second.
            await self._videos.cancel(user, job)
            raise
