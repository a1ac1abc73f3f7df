"""Jobs for clips: ordered, followed, stored, ended once, and picked up by the next process."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager
from typing import Any

import pytest
import stamina
from msgspec import structs

from adapters.memory.clock import ManualClock, settle
from adapters.memory.downloads import MemoryDownloads
from adapters.memory.files import MemoryFiles
from adapters.memory.media_makers import LookStep, ScriptedVideoMaker
from adapters.memory.unit_of_work import MemoryUnitOfWork
from application.background.going_on import GoingOn
from application.files.keep_file import KeepFile
from application.media.follow_video import KIND, FollowVideo
from application.media.forget_videos import REMEMBERED, ForgetVideos
from application.media.load_pictures import LoadPictures
from application.media.order_video import OrderVideo
from application.media.video_news import VideoNews
from application.media.videos import VideoLimits, Videos
from application.usage.spending import Spending
from domain.catalog.media_cards import VideoCard
from domain.catalog.media_catalog import MediaCatalog
from domain.catalog.media_price import ClipPrice
from domain.errors import QuestionDiffers, SpendingCapReached
from domain.files.keys import key_in
from domain.ids import JobId, UserId
from domain.media import JobState, VideoJob, VideoTicket, VideoUnderWay
from domain.media_errors import (
    JobCancelled,
    JobInterrupted,
    JobNotFound,
    JobTimedOut,
    TooManyJobs,
)
from domain.media_wishes import VideoWish
from domain.provider_errors import (
    ContentRefused,
    ProviderBrokeOff,
    ProviderError,
    ProviderTimeout,
    ProviderUnavailable,
    ResultLost,
    WorkFailed,
)
from domain.storage_errors import FilesUnavailable
from domain.turn.errors import ShuttingDown

ANNA, BORIS = UserId(1), UserId(2)
POLL_S, LONGEST_S = 5, 60
CAMERA = VideoCard(
    id="camera",
    aliases=("veo",),
    provider="acme",
    model="camera-1",
    seconds=(4, 8),
    ratios=("16:9",),
    ratio_from_words="16:9",
    ratio_from_image="16:9",
    at_once=2,
    extends=True,
    poll_s=POLL_S,
    longest_s=LONGEST_S,
    price=ClipPrice(second_usd=0.1),
)
WISH = VideoWish(prompt="waves", seconds=8, given={"enhance_prompt": True})


class Studio:
    """A process that films, with the clock, the model and the database in a test's hand."""

    def __init__(
        self,
        *looks: LookStep,
        after: "Studio | None" = None,
        cap_usd: float | None = None,
        **script: Any,
    ) -> None:
        self.clock = after.clock if after else ManualClock()
        self.store = after.store if after else MemoryUnitOfWork(self.clock)
        self.files = after.files if after else MemoryFiles(self.clock)
        self.maker = after.maker if after else ScriptedVideoMaker(*looks, **script)
        catalog = MediaCatalog("video", [CAMERA])
        order = OrderVideo(catalog, LoadPictures(MemoryDownloads(), self.files))
        keep = KeepFile(self.files, self.store, self.clock)
        spending = Spending(self.store, self.clock, cap_usd)
        news = VideoNews()
        follow = FollowVideo(self.store, {"acme": self.maker}, keep, spending, self.clock, news)
        forget = ForgetVideos(self.store, self.clock)
        self.going_on = GoingOn({KIND: follow, "old": forget}, self.clock)
        limits = VideoLimits(per_user=2, drain_s=0.01)
        self.videos = Videos(self.store, order, follow, self.going_on, news, self.clock, limits)

    @asynccontextmanager
    async def running(self) -> AsyncGenerator["Studio", None]:
        """Run as the process would; leaving proves that no task is left behind."""
        before = asyncio.all_tasks()
        async with self.store() as db:
            for name in ("anna", "boris")[len(await db.accounts.all()) :]:
                await db.accounts.add(name, "hash", None)
        with stamina.set_testing(True, attempts=3):
            async with self.going_on, self.videos:
                yield self
        await settle()
        assert asyncio.all_tasks() <= before

    async def start(self, wish: VideoWish = WISH, key: str | None = None) -> VideoJob:
        job = (await self.videos.start(ANNA, wish, key)).job
        await settle()
        return job

    async def job(self, job: JobId) -> VideoJob:
        return await self.videos.show(ANNA, job)

    async def spent(self) -> tuple[int | None, bool]:
        """Return the micro-dollars of the only bill, and whether it is settled."""
        async with self.store() as db:
            [used] = await db.usage.sums(ANNA, self.clock.now().replace(year=2000), _END, "day")
        return (None if used.unpriced_answers else used.known_micro_usd), True

    async def stored(self) -> list[bytes]:
        found = (await self.files.page(ANNA)).files
        return [
            b"".join([piece async for piece in self.files.read(ANNA, file.key)]) for file in found
        ]


_END = ManualClock().now().replace(year=2100)


async def test_a_job_is_ordered_followed_and_stored() -> None:
    async with Studio(VideoUnderWay(10), VideoUnderWay(60)).running() as studio:
        job = await studio.start()
        assert (job.state, job.percent) == (JobState.RUNNING, None)
        assert job.settings == {
            "enhance_prompt": True,
            "provider": "acme",
            "model": "camera",
            "aspect_ratio": "16:9",
            "duration_seconds": 8,
            "mode": "text_to_video",
            "number_of_videos": 1,
        }
        for percent in (10, 60):
            await studio.clock.advance(POLL_S)
            assert (await studio.job(job.id)).percent == percent
        await studio.clock.advance(POLL_S)
        done = await studio.job(job.id)
        assert (done.state, done.percent, done.upstream) == (JobState.DONE, 100, "clip-of-job-1")
        [url] = done.urls
        key = key_in(url)
        assert key is not None
        assert (await studio.files.about(ANNA, key)).name == "video.mp4"
        assert await studio.stored() == studio.maker.clips
        assert await studio.spent() == (800_000, True)
        assert studio.maker.looked == [VideoTicket("job-1")] * 3


async def test_several_clips_are_all_kept() -> None:
    clips = [b"\x00\x00\x00\x18ftypmp42" + bytes([number]) * 64 for number in range(2)]
    async with Studio(clips=clips).running() as studio:
        job = await studio.start(VideoWish(prompt="waves", count=2))
        await studio.clock.advance(POLL_S)
        assert len((await studio.job(job.id)).urls) == 2
        assert sorted(await studio.stored()) == clips
        assert studio.maker.orders[0].clips == 2


async def test_readers_hear_of_every_change_and_of_the_end() -> None:
    async with Studio(VideoUnderWay(10)).running() as studio:
        job = await studio.start()
        waiting = asyncio.create_task(studio.videos.wait(ANNA, job.id))
        heard: list[tuple[JobState, int | None]] = []

        async def listen() -> None:
            async with aclosing(studio.videos.follow(ANNA, job.id)) as states:
                heard.extend([(state.state, state.percent) async for state in states])

        listening = asyncio.create_task(listen())
        await settle()
        await studio.clock.advance(2 * POLL_S)
        assert (await waiting).state is JobState.DONE
        await listening
        assert heard == [
            (JobState.RUNNING, None),
            (JobState.RUNNING, 10),
            (JobState.DONE, 100),
        ]


@pytest.mark.parametrize(
    ("look", "cost"),
    [
        (ContentRefused("acme", "acme refused the content"), 0),
        (WorkFailed("acme", "acme failed"), 0),
        (ResultLost("acme", "acme does not know the video any more"), None),
    ],
)
async def test_work_that_ends_without_a_clip_fails(look: ProviderError, cost: int | None) -> None:
    async with Studio(look).running() as studio:
        job = await studio.start()
        await studio.clock.advance(POLL_S)
        failed = await studio.job(job.id)
        assert (failed.state, failed.error_code) == (JobState.FAILED, look.code)
        assert failed.error == str(look)
        assert (await studio.spent())[0] == cost
        assert await studio.stored() == []


async def test_a_provider_that_is_away_for_a_while_costs_nothing() -> None:
    away = ProviderUnavailable("acme", "acme is busy")
    async with Studio(away, ProviderTimeout("acme", "no"), VideoUnderWay()).running() as studio:
        job = await studio.start()
        await studio.clock.advance(4 * POLL_S)
        assert (await studio.job(job.id)).state is JobState.DONE


async def test_a_clip_that_breaks_off_is_fetched_again() -> None:
    async with Studio().running() as studio:
        studio.maker.fetch_failures.append(ProviderBrokeOff("acme", "acme broke off"))
        job = await studio.start()
        await studio.clock.advance(POLL_S)
        assert (await studio.job(job.id)).state is JobState.DONE
        assert await studio.stored() == studio.maker.clips


async def test_work_without_end_is_given_up_and_the_provider_told() -> None:
    async with Studio(*[VideoUnderWay()] * 100).running() as studio:
        job = await studio.start()
        await studio.clock.advance(LONGEST_S + POLL_S)
        failed = await studio.job(job.id)
        assert (failed.state, failed.error_code) == (JobState.FAILED, JobTimedOut.code)
        assert studio.maker.cancelled == [VideoTicket("job-1")]
        assert (await studio.spent())[0] is None


async def test_a_file_storage_that_is_away_is_waited_for() -> None:
    async with Studio().running() as studio:
        studio.files.away = True
        job = await studio.start()
        await studio.clock.advance(10 * LONGEST_S)
        assert (await studio.job(job.id)).state is JobState.RUNNING
        studio.files.away = False
        await studio.clock.advance(POLL_S)
        assert (await studio.job(job.id)).state is JobState.DONE
        studio.files.away = True
        other = await studio.start()
        await studio.clock.advance(3600 + 2 * LONGEST_S)
        assert (await studio.job(other.id)).error_code == ResultLost.code
        assert FilesUnavailable.code != ResultLost.code


async def test_a_database_that_is_away_loses_nothing() -> None:
    async with Studio(VideoUnderWay(5)).running() as studio:
        job = await studio.start()
        studio.store.away = True
        await studio.clock.advance(3 * POLL_S)
        studio.store.away = False
        await studio.clock.advance(3 * POLL_S)
        assert (await studio.job(job.id)).state is JobState.DONE


@pytest.mark.parametrize("refuses", [1, 2])
async def test_an_order_that_has_not_begun_is_given_again(refuses: int) -> None:
    errors = [ProviderUnavailable("acme", "acme is busy")] * refuses
    async with Studio(refuses=errors).running() as studio:
        assert (await studio.start()).state is JobState.RUNNING
        assert len(studio.maker.orders) == refuses + 1


@pytest.mark.parametrize(
    ("error", "cost"),
    [
        (ContentRefused("acme", "acme refused the content"), 0),
        (ProviderTimeout("acme", "acme did not answer in time"), None),
    ],
)
async def test_an_order_that_is_refused_is_told_and_kept_as_failed(
    error: ProviderError, cost: int | None
) -> None:
    async with Studio(refuses=[error]).running() as studio:
        with pytest.raises(type(error)):
            await studio.start()
        [job] = await studio.videos.page(ANNA, 9)
        assert (job.state, job.error_code) == (JobState.FAILED, error.code)
        assert len(studio.maker.orders) == 1, "it may have begun, and would be paid for twice"
        assert (await studio.spent())[0] == cost


async def test_a_user_has_so_many_jobs_and_so_much_money() -> None:
    async with Studio(*[VideoUnderWay()] * 50).running() as studio:
        await studio.start()
        await studio.start()
        with pytest.raises(TooManyJobs):
            await studio.start()
        assert (await studio.videos.start(BORIS, WISH)).job.state is JobState.RUNNING
    async with Studio(cap_usd=1.0).running() as studio:
        await studio.start()
        with pytest.raises(SpendingCapReached):
            await studio.start()
        [refused, _] = sorted(await studio.videos.page(ANNA, 9), key=lambda job: job.state)
        assert refused.error_code == SpendingCapReached.code
        assert len(studio.maker.orders) == 1


async def test_one_key_is_one_job() -> None:
    async with Studio(*[VideoUnderWay()] * 50).running() as studio:
        async with asyncio.TaskGroup() as group:
            asked = [group.create_task(studio.videos.start(ANNA, WISH, "once")) for _ in range(5)]
        found = [task.result() for task in asked]
        assert len({one.job.id for one in found}) == 1
        assert sum(one.fresh for one in found) == 1
        assert len(studio.maker.orders) == 1
        with pytest.raises(QuestionDiffers):
            await studio.start(VideoWish(prompt="other"), "once")


async def test_cancelling_stops_the_work_once_and_for_all() -> None:
    async with Studio(*[VideoUnderWay()] * 50).running() as studio:
        job = await studio.start()
        cancelled = await studio.videos.cancel(ANNA, job.id)
        assert (cancelled.state, cancelled.error_code) == (JobState.CANCELLED, JobCancelled.code)
        assert studio.maker.cancelled == [VideoTicket("job-1")]
        await studio.clock.advance(10 * POLL_S)
        assert studio.maker.looked == []
        assert await studio.videos.cancel(ANNA, job.id) == cancelled
        assert len(studio.maker.cancelled) == 1


async def test_a_job_of_somebody_else_is_not_there() -> None:
    async with Studio(*[VideoUnderWay()] * 50).running() as studio:
        job = await studio.start()
        for touch in (studio.videos.show, studio.videos.cancel, studio.videos.wait):
            with pytest.raises(JobNotFound):
                await touch(BORIS, job.id)
        assert await studio.videos.page(BORIS, 9) == []
        assert (await studio.job(job.id)).state is JobState.RUNNING


async def test_the_next_process_goes_on() -> None:
    async with Studio(VideoUnderWay(30)).running() as first:
        job = await first.start()
        waiting = asyncio.create_task(first.videos.wait(ANNA, job.id))
        await settle()
    with pytest.raises(ShuttingDown):
        await waiting
    with pytest.raises(ShuttingDown):
        await first.start()
    second = Studio(after=first)
    await second.clock.advance(LONGEST_S - 1)
    async with second.running():
        await settle()
        assert (await second.job(job.id)).percent == 30, "it is looked at when the process starts"
        await second.clock.advance(POLL_S)
        assert (await second.job(job.id)).state is JobState.DONE
        assert len(second.maker.orders) == 1


async def test_a_clip_that_became_ready_while_no_process_ran_is_still_fetched() -> None:
    async with Studio().running() as first:
        job = await first.start()
    second = Studio(after=first)
    await second.clock.advance(10 * LONGEST_S)
    async with second.running():
        await settle()
        assert (await second.job(job.id)).state is JobState.DONE


async def test_an_order_whose_answer_nobody_heard_has_failed() -> None:
    studio = Studio()
    async with studio.running():
        job = await studio.start()
    async with studio.store() as db:
        found = await db.video_jobs.find(ANNA, job.id)
        assert found is not None
        await db.video_jobs.add(
            structs.replace(found, id=JobId("lost"), state=JobState.ASKING, ticket=None)
        )
    async with Studio(after=studio).running() as second:
        await settle()
        failed = await second.job(JobId("lost"))
        assert (failed.state, failed.error_code) == (JobState.FAILED, JobInterrupted.code)


async def test_a_clip_that_was_stored_before_the_crash_is_stored_once() -> None:
    studio = Studio()
    async with studio.running():
        job = await studio.start()
        await studio.clock.advance(POLL_S)
        done = await studio.job(job.id)
    async with studio.store() as db:
        jobs = (await db.video_jobs._draft.writing()).video_jobs  # type: ignore[attr-defined]
        jobs[job.id] = job  # As if the process had died before it could say so.
    async with Studio(after=studio).running() as second:
        await settle(50)
        assert (await second.job(job.id)).urls == done.urls
        assert len(await second.stored()) == 1


async def test_what_is_long_over_is_forgotten() -> None:
    async with Studio().running() as studio:
        job = await studio.start()
        await studio.clock.advance(POLL_S)
        assert (await studio.job(job.id)).state is JobState.DONE
        await studio.clock.advance(REMEMBERED.total_seconds() + 3600)
        assert await studio.videos.page(ANNA, 9) == []
        assert await studio.stored() == studio.maker.clips


async def test_an_account_that_ends_takes_its_work_along() -> None:
    async with Studio(*[VideoUnderWay()] * 50).running() as studio:
        job = await studio.start()
        await studio.videos.forget(ANNA)
        assert (await studio.job(job.id)).state is JobState.CANCELLED
        assert studio.maker.cancelled == [VideoTicket("job-1")]
