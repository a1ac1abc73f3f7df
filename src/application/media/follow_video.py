"""One ordered clip, from the provider's word that it has begun to its end.

Whoever runs this may be killed at any moment, and another may run it again: what is known of a
job is in the database, a clip is stored under a key that is made of its job, and a job ends once.
"""

import hashlib
from collections.abc import Callable, Mapping
from contextlib import aclosing
from datetime import timedelta

import structlog
from msgspec import structs

from application.files.keep_file import KeepFile
from application.ports.clock import Clock
from application.ports.media_makers import VideoMaker
from application.ports.unit_of_work import UnitOfWork
from application.providers.patience import patiently
from application.usage.bill import Bill
from application.usage.spending import Spending
from domain.errors import AlreadyExists, NotConfigured, ParleyError, StorageError
from domain.files.keys import address_of, fresh_key
from domain.ids import FileKey, TurnId
from domain.media import JobState, VideoJob, VideoLook, VideoReady, VideoTicket
from domain.media_errors import JobTimedOut
from domain.provider_errors import ProviderDown, ProviderError, ResultLost

log = structlog.get_logger("videos")

MOST_BYTES = 500_000_000
_NAME = "video.mp4"
_STORE_GRACE_S = 3600.0
"""How long after the deadline a clip that is ready may wait for a place to be stored."""
_AGAIN_S = 5.0

Told = Callable[[VideoJob], None]
"""Hears of every change, once it is stored."""


class FollowVideo:
    """Looks, stores, closes. A worker process may do this as well as the server."""

    def __init__(
        self,
        work: UnitOfWork,
        makers: Mapping[str, VideoMaker],
        keep: KeepFile,
        spending: Spending,
        clock: Clock,
    ) -> None:
        """Take the stores, and who speaks to each provider."""
        self._work = work
        self._makers = makers
        self._keep = keep
        self._spending = spending
        self._clock = clock

    async def __call__(self, job: VideoJob, told: Told, *, at_once: bool = False) -> None:
        """Follow a running job to its end.

        Cancelling leaves the job open, for whoever follows it next.

        Args:
            job: is running, and has a ticket.
            told: hears of every change.
            at_once: look before waiting; for a job that was left alone for a while.
        """
        while True:
            if not at_once:
                await self._clock.sleep(self._wait_s(job))
            at_once = False
            try:
                current = await self._current(job)
                if current is None or not current.open:
                    return  # Somebody has ended it; whoever did has told the provider too.
                followed = await self._step(current)
            except StorageError as error:
                log.warning("following a video failed", job=job.id, error=error.code)
                continue
            if followed != current:
                told(followed)
            if not followed.open:
                return
            job = followed

    async def put(self, job: VideoJob) -> VideoJob:
        """Store what has become of a job; return it as it is stored then.

        A job that was ended before stays as it was.

        Raises:
            StorageError: nothing was stored.
        """
        now = structs.replace(job, updated_at=self._clock.now())
        await self._work.run(lambda db: db.video_jobs.change(now), repeatable=True)
        return await self._current(now) or now

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

    async def _current(self, job: VideoJob) -> VideoJob | None:
        async with self._work() as db:
            return await db.video_jobs.find(job.user, job.id)

    async def _step(self, job: VideoJob) -> VideoJob:
        """Look once, and return the job as it is stored then.

        Raises:
            StorageError: nothing is lost by that, and trying again is right.
        """
        assert job.ticket is not None, "a running job has a ticket"  # noqa: S101
        try:
            look = await self._look(job, job.ticket)
            if isinstance(look, VideoReady):
                return await self._finished(job, job.ticket, look)
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
