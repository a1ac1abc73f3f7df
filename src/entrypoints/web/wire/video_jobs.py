"""Jobs → what clients see of them."""

from collections.abc import Callable
from typing import Any

from domain.media import VideoJob
from entrypoints.web.wire.media_requests import VideoJobObject, VideoMade

Link = Callable[[str], str]
"""Makes a link of the address of a kept file."""


def shown_settings(job: VideoJob) -> dict[str, Any]:
    """Return what was ordered, with the provider's id of what came of it."""
    upstream = {} if job.upstream is None else {"video_id": job.upstream}
    return {**job.settings, **upstream}


def job_object(job: VideoJob, link: Link) -> VideoJobObject:
    """Return a job as its owner sees it."""
    urls = tuple(map(link, job.urls))
    return VideoJobObject(
        job_id=job.id,
        state=job.state,
        progress=job.percent,
        provider=job.provider,
        model=str(job.settings.get("model", job.card)),
        duration=_seconds(job),
        settings=shown_settings(job),
        video_url=urls[0] if urls else None,
        video_urls=urls,
        error=job.error,
        error_code=job.error_code,
        created_at=job.created_at,
        updated_at=job.updated_at,
        deadline_at=job.deadline_at,
    )


def video_made(job: VideoJob, urls: tuple[str, ...]) -> VideoMade:
    """Return a clip that is there, at these URLs."""
    return VideoMade(
        video_url=urls[0],
        video_urls=urls,
        provider=job.provider,
        model=str(job.settings.get("model", job.card)),
        duration=_seconds(job),
        settings=shown_settings(job),
        job_id=job.id,
    )


def _seconds(job: VideoJob) -> float:
    """Return how long the clip is; whole seconds as clients know them, without a point."""
    return int(job.seconds) if float(job.seconds).is_integer() else job.seconds
