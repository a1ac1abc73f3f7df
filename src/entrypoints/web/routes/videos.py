"""Clips on demand: asked for and waited for, or asked for and looked after."""

from contextlib import aclosing
from typing import Annotated

import msgspec
import structlog
from dishka import FromDishka
from dishka.integrations.litestar import inject
from litestar import get, post
from litestar.params import JSONBody, PathParameter, QueryParameter

from application.files.links import FileLinks
from application.media.take_out import TakeOut
from application.media.videos import Videos
from application.ports.clock import Clock
from domain.errors import InvalidRequest, ParleyError
from domain.ids import JobId
from domain.media import JobState, VideoJob
from domain.media_wishes import VideoWish
from entrypoints.web.documented import BEARER, BEARER_OR_URL, JobKey, errors, event_stream
from entrypoints.web.errors import JobDidNotSucceed
from entrypoints.web.identity import SignedIn, check_customer, signed_in, signed_in_by_url
from entrypoints.web.live import Live, Write
from entrypoints.web.presence import ClientGone, while_there
from entrypoints.web.replies import MEDIA_DOOR
from entrypoints.web.wire.data_urls import data_url
from entrypoints.web.wire.envelopes import ChatEnvelope, Envelope
from entrypoints.web.wire.media_requests import (
    VideoJobObject,
    VideoJobPage,
    VideoMade,
    VideoRequest,
    settings_of,
)
from entrypoints.web.wire.names import snake_keys
from entrypoints.web.wire.sse import event
from entrypoints.web.wire.video_jobs import job_object, video_made
from entrypoints.web.wire.video_settings import video_wish

log = structlog.get_logger("videos")

_EXTENDS_BY_DEFAULT = "kling-v1"
_MOST = 200

JobPath = Annotated[str, PathParameter(description="The id that the order was answered with.")]
Most = Annotated[int, QueryParameter(ge=1, le=_MOST)]


@post(
    "/video/generate",
    status_code=200,
    guards=[signed_in_by_url],
    opt=MEDIA_DOOR,
    tags=["Media"],
    security=BEARER_OR_URL,
    responses=errors(401, 403, 404, 409, 422, 429, 501, 502),
    summary="Film a clip and wait for it",
)
@inject
async def generate_video(
    request: SignedIn,
    data: JSONBody[VideoRequest],
    videos: FromDishka[Videos],
    take_out: FromDishka[TakeOut],
    links: FromDishka[FileLinks],
    idempotency_key: JobKey = None,
) -> ChatEnvelope[VideoMade]:
    """Film, from words or from a picture and words; the request stays open for minutes.

    A client that leaves has the work stopped, unless it gave a key under which it may come back.
    """
    check_customer(data.customer_id, request.user)
    wish = video_wish(data.prompt, settings_of(data.settings, "video"), data.input_image_url)
    job = await _waited_for(request, videos, wish, idempotency_key)
    return ChatEnvelope(data=await _made(job, take_out, links, keep=data.save_to_db))


@post(
    "/video/extend",
    status_code=200,
    guards=[signed_in_by_url],
    opt=MEDIA_DOOR,
    tags=["Media"],
    security=BEARER_OR_URL,
    responses=errors(401, 403, 404, 409, 422, 429, 501, 502),
    summary="Go on where a clip ends, and wait for it",
)
@inject
async def extend_video(
    request: SignedIn,
    data: JSONBody[VideoRequest],
    videos: FromDishka[Videos],
    take_out: FromDishka[TakeOut],
    links: FromDishka[FileLinks],
    idempotency_key: JobKey = None,
) -> ChatEnvelope[VideoMade]:
    """Extend a clip, named by the provider's id of it (`settings.video_id` of its answer)."""
    check_customer(data.customer_id, request.user)
    job = await _waited_for(request, videos, _extension(data), idempotency_key)
    return ChatEnvelope(data=await _made(job, take_out, links, keep=data.save_to_db))


@post(
    "/api/v1/video/jobs",
    status_code=202,
    guards=[signed_in],
    tags=["Media"],
    security=BEARER,
    responses=errors(401, 403, 404, 409, 422, 429, 501, 502),
    summary="Have a clip filmed",
)
@inject
async def start_video(
    request: SignedIn,
    data: JSONBody[VideoRequest],
    videos: FromDishka[Videos],
    links: FromDishka[FileLinks],
    idempotency_key: JobKey = None,
) -> Envelope[VideoJobObject]:
    """Return as soon as the provider has taken the order; it goes on whatever becomes of us.

    `settings.video.video_id` names a clip of the provider's that is to go on.
    """
    check_customer(data.customer_id, request.user)
    said = settings_of(data.settings, "video")
    wish = (
        _extension(data)
        if said.get("video_id")
        else video_wish(data.prompt, said, data.input_image_url)
    )
    job = (await videos.start(request.user, wish, idempotency_key)).job
    return Envelope(code=202, message="Video ordered", data=job_object(job, links.kept))


@get(
    "/api/v1/video/jobs",
    guards=[signed_in],
    tags=["Media"],
    security=BEARER,
    responses=errors(401, 403, 422),
    summary="List the clips that were ordered",
)
@inject
async def list_videos(
    request: SignedIn, videos: FromDishka[Videos], links: FromDishka[FileLinks], limit: Most = 50
) -> Envelope[VideoJobPage]:
    """Return the caller's jobs, newest first; closed ones are forgotten after a month."""
    jobs = await videos.page(request.user, limit)
    found = tuple(job_object(job, links.kept) for job in jobs)
    return Envelope(message="Videos retrieved successfully", data=VideoJobPage(found, len(found)))


@get(
    "/api/v1/video/jobs/{job_id:str}",
    guards=[signed_in],
    tags=["Media"],
    security=BEARER,
    responses=errors(401, 403, 404),
    summary="Show a clip that was ordered",
)
@inject
async def show_video(
    request: SignedIn, job_id: JobPath, videos: FromDishka[Videos], links: FromDishka[FileLinks]
) -> Envelope[VideoJobObject]:
    """Return how far it has come."""
    job = await videos.show(request.user, JobId(job_id))
    return Envelope(message="Video retrieved successfully", data=job_object(job, links.kept))


@get(
    "/api/v1/video/jobs/{job_id:str}/events",
    guards=[signed_in_by_url],
    tags=["Media"],
    security=BEARER_OR_URL,
    responses=errors(401, 403, 404)
    | event_stream("`data:` is the job as it is now, and again whenever it changes."),
    summary="Follow a clip that was ordered",
)
@inject
async def follow_video(
    request: SignedIn,
    job_id: JobPath,
    videos: FromDishka[Videos],
    links: FromDishka[FileLinks],
    clock: FromDishka[Clock],
) -> Live:
    """Stream the job up to its end. Leaving does not stop it."""
    user, job = request.user, JobId(job_id)
    await videos.show(user, job)

    async def source(write: Write) -> None:
        try:
            async with aclosing(videos.follow(user, job)) as states:
                async for state in states:
                    shown = msgspec.json.encode(job_object(state, links.kept)).decode()
                    await write(event(shown))
        except ParleyError as error:
            log.info("no longer followed", job=job, error=error.code)

    return Live(source, clock)


@post(
    "/api/v1/video/jobs/{job_id:str}/cancel",
    status_code=200,
    guards=[signed_in],
    tags=["Media"],
    security=BEARER,
    responses=errors(401, 403, 404),
    summary="Stop a clip that was ordered",
)
@inject
async def cancel_video(
    request: SignedIn, job_id: JobPath, videos: FromDishka[Videos], links: FromDishka[FileLinks]
) -> Envelope[VideoJobObject]:
    """Stop it, and have the provider stop where it can. One that has ended stays as it is."""
    job = await videos.cancel(request.user, JobId(job_id))
    return Envelope(message="Video cancelled successfully", data=job_object(job, links.kept))


def _extension(data: VideoRequest) -> VideoWish:
    """Return the wish that a clip goes on."""
    settings = snake_keys(data.settings)
    said = settings_of(data.settings, "video")
    video_id = said.get("video_id") if "video" in settings else settings.get("video_id")
    if not isinstance(video_id, str) or not video_id.strip():
        raise InvalidRequest("video_id is required", "video.video_id")
    said = {"model": _EXTENDS_BY_DEFAULT} | {k: v for k, v in said.items() if v not in (None, "")}
    return video_wish(data.prompt, said, None, extends=video_id.strip())


async def _waited_for(
    request: SignedIn, videos: Videos, wish: VideoWish, key: str | None
) -> VideoJob:
    user = request.user
    job = (await videos.start(user, wish, key)).job
    try:
        return await while_there(request.receive, videos.wait(user, job.id))
    except ClientGone:
        if key is None and videos.accepting:
            await videos.cancel(user, job.id)
        raise


async def _made(job: VideoJob, take_out: TakeOut, links: FileLinks, *, keep: bool) -> VideoMade:
    if job.state is not JobState.DONE:
        raise JobDidNotSucceed(job)
    if keep:
        return video_made(job, tuple(map(links.kept, job.urls)))
    found = [await take_out(job.user, address) for address in job.urls]
    return video_made(job, tuple(data_url(one.content, one.mime_type) for one in found))
