"""Ordered clips, from the provider's word that it has begun to their end.

Whoever takes a step may be killed at any moment, and another may take it again: what is known of
a job is in the database, a clip is stored under a key made of its job, and a job ends once.
"""

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from datetime import timedelta

import structlog
from msgspec import structs

from application.background.going_on import Stepwise
from application.files.keep_file import KeepFile
from application.media.video_news import VideoNews
from application.ports.clock import Clock
from application.ports.media_makers import VideoMaker
from application.ports.unit_of_work import UnitOfWork
from application.providers.patience import patiently
from application.usage.bill import Bill
from application.usage.spending import Spending
from domain.errors import AlreadyExists, NotConfigured, ParleyError
from domain.files.keys import address_of, fresh_key
from domain.ids import FileKey, JobId, TurnId
from domain.media import JobState, VideoJob, VideoLook, VideoReady, VideoTicket
from domain.media_errors import JobInterrupted, JobTimedOut
from domain.provider_errors import ProviderDown, ProviderError, ResultLost
from domain.storage_errors import StorageError

log = structlog.get_logger("videos")

KIND = "video"
"""What this work is called by whoever goes on with it."""
MOST_BYTES = 500_000_000
_NAME = "video.mp4"
_STORE_GRACE_S = 3600.0
"""How long after the deadline a clip that is ready may wait for a place to be stored."""
_AGAIN_S = 5.0


class FollowVideo(Stepwise):
    """Looks, stores, closes."""

    def __init__(
        self,
        work: UnitOfWork,
        makers: Mapping[str, VideoMaker],
        keep: KeepFile,
        spending: Spending,
        clock: Clock,
        news: VideoNews,
    ) -> None:
        """Take the stores, who speaks to each provider, and who hears of every change."""
        self._work = work
        self._makers = makers
        self._keep = keep
        self._spending = spending
        self._clock = clock
        self._news = news

    async def left(self) -> Sequence[str]:
        """Return the jobs of everybody that are not over."""
        async with self._work() as db:
            return [job.id for job in await db.video_jobs.open()]

    async def step(self, job: str) -> float | None:
        """Look once. A job whose order was being given when its process died has failed."""
        try:
            async with self._work() as db:
                found = await db.video_jobs.find_of_anybody(JobId(job))
            if found is None or not found.open:
                return None  # Whoever has ended it has told the provider too.
            if found.ticket is None:
                await self.failed(found, JobInterrupted())
                return None
            early_s = found.poll_s - (self._clock.now() - found.created_at).total_seconds()
            if early_s > 0:
                return early_s
            followed = await self._looked_after(found, found.ticket)
        except StorageError as error:
            log.warning("a video waits for storage", job=job, error=error.code)
            return _AGAIN_S
        return self._wait_s(followed) if followed.open else None

    async def put(self, job: VideoJob) -> VideoJob:
        """Store what has become of a job; return it as it is stored then.

        A job that was ended before stays as it was.

        Raises:
            StorageError: nothing was stored.
        """
        now = structs.replace(job, updated_at=self._clock.now())
        await self._work.run(lambda db: db.video_jobs.change(now), repeatable=True)
        self._news.tell(job.id)
        async with self._work() as db:
            return await db.video_jobs.find(job.user, job.id) or now

    async def record(self, job: VideoJob) -> VideoJob:
        """Do the same, however long the database is away: what is known must not be lost."""
        while True:
            try:
                return await self.put(job)
            except StorageError as error:
                log.warning("storing a video job failed", job=job.id, error=error.code)
                await self._clock.sleep(_AGAIN_S)

    async def failed(self, job: VideoJob, error: ParleyError) -> VideoJob:
        """End a job that has failed."""
        await self.bill(job).failed(error)
        return await self.record(
            structs.replace(
                job, state=JobState.FAILED, error_code=error.code, error=str(error), percent=None
            )
        )

    def bill(self, job: VideoJob) -> Bill:
        """Return the bill of a job, which goes under its id."""
        return Bill(self._spending, job.user, TurnId(job.id), job.card, job.provider)

    def maker(self, provider: str) -> VideoMaker:
        """Return who speaks to a provider.

        Raises:
            NotConfigured: nobody does any more.
        """
        maker = self._makers.get(provider)
        if maker is None:
            raise NotConfigured(f"provider.{provider}")
        return maker

    async def tell_provider(self, job: VideoJob) -> None:
        """Have the provider stop, as far as it lets itself be stopped."""
        if job.ticket is None:
            return
        try:
            await self.maker(job.provider).cancel(job.ticket)
        except ParleyError as error:
            log.warning("the provider was not stopped", job=job.id, error=error.code)

    def _wait_s(self, job: VideoJob) -> float:
        left_s = (job.deadline_at - self._clock.now()).total_seconds()
        return min(job.poll_s, left_s) if left_s > 0 else job.poll_s

    async def _looked_after(self, job: VideoJob, ticket: VideoTicket) -> VideoJob:
        """Look once, and return the job as it is stored then.

        Raises:
            StorageError: nothing is lost by that, and trying again is right.
        """
        try:
            look = await self._look(job, ticket)
            if isinstance(look, VideoReady):
                return await self._finished(job, ticket, look)
        except StorageError:
            raise
        except ParleyError as error:
            return await self.failed(job, error)
        if self._overdue(job):
            await self.tell_provider(job)
            longest_s = (job.deadline_at - job.created_at).total_seconds()
            return await self.failed(job, JobTimedOut(job.provider, longest_s))
        percent = look.percent if look is not None else job.percent
        if percent == job.percent:
            return job
        return await self.record(structs.replace(job, percent=percent))

    def _overdue(self, job: VideoJob, grace_s: float = 0.0) -> bool:
        return self._clock.now() >= job.deadline_at + timedelta(seconds=grace_s)

    async def _look(self, job: VideoJob, ticket: VideoTicket) -> VideoLook | None:
        """Return how far it is; None where nothing could be learned this time.

        Raises:
            ProviderError: it has failed, or the provider will not say.
        """
        try:
            return await self.maker(job.provider).look(ticket)
        except ProviderError as error:
            if not (error.retryable or isinstance(error, ProviderDown)):
                raise
            log.info("nothing learned of a video", job=job.id, error=error.code)
            return None

    async def _finished(self, job: VideoJob, ticket: VideoTicket, ready: VideoReady) -> VideoJob:
        maker = self.maker(job.provider)
        addresses: list[str] = []
        for number in range(len(ready.places)):

            async def store(number: int = number) -> str:
                return await self._stored(job, maker, ticket, ready, number)

            try:
                addresses.append(await patiently(store))
            except StorageError:
                if not self._overdue(job, _STORE_GRACE_S):
                    raise
                text = "The video is ready, but there was no place to store it"
                raise ResultLost(job.provider, text) from None
        await self.bill(job).paid(job.cost_usd)
        extended = job.settings.get("mode") == "video_extension"
        return await self.record(
            structs.replace(
                job,
                state=JobState.DONE,
                percent=100,
                urls=tuple(addresses),
                upstream=ready.upstream,
                seconds=ready.seconds if extended and ready.seconds else job.seconds,
            )
        )

    async def _stored(
        self,
        job: VideoJob,
        maker: VideoMaker,
        ticket: VideoTicket,
        ready: VideoReady,
        number: int,
    ) -> str:
        """Store a clip and return its address; one that is there already was stored before."""
        key = _key_of(job, number)
        async with aclosing(maker.fetch(ticket, ready, number)) as pieces:
            try:
                await self._keep.under(key, pieces, MOST_BYTES)
            except AlreadyExists:
                log.debug("stored before", job=job.id)
        return address_of(key)


def _key_of(job: VideoJob, number: int) -> FileKey:
    part = hashlib.sha256(f"{job.id}:{number}".encode()).hexdigest()[:32]
    return fresh_key(job.user, _NAME, job.created_at.date(), part)
