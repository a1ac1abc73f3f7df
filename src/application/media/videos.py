"""Everything that users do with clips: order them, look after them, stop them."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import timedelta
from types import TracebackType
from typing import Any, Self
from uuid import UUID, uuid5

import msgspec
import structlog
from msgspec import Struct, structs

from application.background.going_on import GoingOn
from application.media.follow_video import KIND, FollowVideo
from application.media.order_video import OrderVideo
from application.media.video_news import VideoNews
from application.ports.clock import Clock
from application.ports.unit_of_work import Stores, UnitOfWork
from application.providers.patience import has_not_begun, patiently
from domain.errors import AlreadyExists, ParleyError, QuestionDiffers
from domain.ids import JobId, UserId
from domain.media import JobState, VideoJob, VideoOrder
from domain.media_errors import JobCancelled, JobNotFound, TooManyJobs
from domain.media_wishes import VideoWish
from domain.provider_errors import WorkFailed
from domain.turn.errors import ShuttingDown

log = structlog.get_logger("videos")

_KEYS = UUID("8a3c7a52-3c0e-4b0e-9d0d-5f6f3c1f2a77")
"""Namespace of the job ids that are made from a user's own key for the order."""
WATCH_S = 1.0
"""How long a reader may not know of what another process has done."""
_SHORTEST_POLL_S = 0.1
_DEFECT = "The video could not be ordered"


class VideoLimits(Struct, frozen=True):
    """How much of everything a user and a process may have."""

    per_user: int = 4
    """Open jobs of one user."""
    drain_s: float = 10
    """How long orders that are being given may take once the process is told to stop."""


class Ordered(Struct, frozen=True):
    """The job of an order; `fresh` tells the one who ordered first."""

    job: VideoJob
    fresh: bool


class Videos:
    """Starts, shows and cancels jobs. Enter it for as long as orders are taken.

    What has been ordered is followed by `GoingOn`, which outlives it.
    """

    def __init__(
        self,
        work: UnitOfWork,
        order: OrderVideo,
        follow: FollowVideo,
        going_on: GoingOn,
        news: VideoNews,
        clock: Clock,
        limits: VideoLimits,
    ) -> None:
        """Take what makes an order of a wish, and what goes on with its job."""
        self._work = work
        self._order = order
        self._follow = follow
        self._going_on = going_on
        self._news = news
        self._clock = clock
        self._limits = limits
        self._group = asyncio.TaskGroup()
        self._asking: set[asyncio.Task[None]] = set()
        self._open = False

    async def __aenter__(self) -> Self:
        await self._group.__aenter__()
        self._open = True
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let orders be given that are on their way; those who wait may come back later."""
        self._open = False
        self._news.tell_all()
        try:
            if self._asking:
                await asyncio.wait(self._asking, timeout=self._limits.drain_s)
        finally:
            for task in self._asking:
                task.cancel()
            await self._group.__aexit__(None, None, None)

    @property
    def accepting(self) -> bool:
        """Whether new orders are taken."""
        return self._open

    async def start(self, user: UserId, wish: VideoWish, key: str | None = None) -> Ordered:
        """Have a clip made, or find the one that was ordered under the same key.

        When this returns, the provider has taken the order. Cancelling the caller does not stop it.

        Raises:
            InvalidRequest: the wish makes no sense; nothing was ordered.
            QuestionDiffers: the key was used for another order.
            TooManyJobs: the user has as many open jobs as allowed.
            SpendingCapReached: the user may not spend so much today.
            ProviderError, NotConfigured: the provider did not take the order.
            StorageError: nothing was ordered.
            ShuttingDown: the process is going down.
        """
        if not self._open:
            raise ShuttingDown
        job_id = JobId(str(uuid5(_KEYS, f"{user}:{key}")) if key else self._clock.new_id())
        fingerprint = hashlib.sha256(msgspec.json.encode(wish)).hexdigest()
        if key and (known := await self._find(user, job_id)) is not None:
            return _joined(known, fingerprint)
        order = await self._order(user, wish)
        job = self._job(job_id, user, fingerprint, wish, order)
        asked: asyncio.Future[VideoJob] = asyncio.get_running_loop().create_future()
        task = self._group.create_task(self._begin(job, order, asked))
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)
        try:
            return Ordered(await asyncio.shield(asked), fresh=True)
        except AlreadyExists:
            known = await self._find(user, job_id)
            if known is None:
                raise
            return _joined(known, fingerprint)

    async def show(self, user: UserId, job: JobId) -> VideoJob:
        """Return a job.

        Raises:
            JobNotFound: the user has none of this id.
        """
        found = await self._find(user, job)
        if found is None:
            raise JobNotFound(job)
        return found

    async def page(self, user: UserId, limit: int) -> list[VideoJob]:
        """Return the user's jobs, newest first."""
        async with self._work() as db:
            return await db.video_jobs.page(user, limit)

    async def follow(self, user: UserId, job: JobId) -> AsyncGenerator[VideoJob, None]:
        """Yield the job as it is now and whenever that changes, up to its end.

        Raises:
            JobNotFound: the user has none of this id.
            ShuttingDown: the process goes down; the job goes on with the next one.
        """
        last: VideoJob | None = None
        with self._news.of(job) as changed:
            while True:
                # Before it is read: what changes from here on is not missed.
                changed.clear()
                found = await self.show(user, job)
                if found != last:
                    last = found
                    yield found
                if not found.open:
                    return
                if not self._open:
                    raise ShuttingDown
                await self._either(changed.wait(), self._clock.sleep(WATCH_S))

    async def wait(self, user: UserId, job: JobId) -> VideoJob:
        """Return the job once it has ended.

        Raises:
            JobNotFound, ShuttingDown: as `follow`.
        """
        async with aclosing(self.follow(user, job)) as states:
            *_, ended = [state async for state in states]
        return ended

    async def cancel(self, user: UserId, job: JobId) -> VideoJob:
        """Have a job stopped, wherever it is followed; one that has ended is left alone.

        Raises:
            JobNotFound: the user has none of this id.
        """
        found = await self.show(user, job)
        if not found.open:
            return found
        error = JobCancelled()
        cancelled = structs.replace(
            found, state=JobState.CANCELLED, error_code=error.code, error=str(error), percent=None
        )
        closed = await self._follow.put(cancelled)
        if closed.state is JobState.CANCELLED:
            await self._going_on.drop(KIND, job)
            await self._follow.tell_provider(closed)
            await self._follow.bill(closed).failed(error)
        return closed

    async def forget(self, user: UserId) -> None:
        """Stop whatever is open of a user whose account ends."""
        for job in await self.page(user, self._limits.per_user * 100):
            if job.open:
                await self.cancel(user, job.id)

    def _job(
        self, job: JobId, user: UserId, fingerprint: str, wish: VideoWish, order: VideoOrder
    ) -> VideoJob:
        card, now = order.card, self._clock.now()
        longest_s = min(max(wish.longest_s or card.longest_s, 1.0), card.longest_s)
        return VideoJob(
            id=job,
            user=user,
            fingerprint=fingerprint,
            card=card.id,
            provider=card.provider,
            settings=_shown(wish, order),
            seconds=order.seconds,
            cost_usd=order.cost_usd,
            poll_s=max(wish.poll_s or card.poll_s, _SHORTEST_POLL_S),
            deadline_at=now + timedelta(seconds=longest_s),
            created_at=now,
            updated_at=now,
        )

    async def _begin(
        self, job: VideoJob, order: VideoOrder, asked: asyncio.Future[VideoJob]
    ) -> None:
        """Give the order; whatever comes of it is told to whoever asked."""
        try:
            running = await self._ordered(job, order)
        except asyncio.CancelledError:
            asked.set_exception(ShuttingDown())
            asked.exception()
            raise
        except Exception as error:  # noqa: BLE001 - whoever asked is told, whatever it is
            asked.set_exception(error)
            asked.exception()  # Counts as seen, even if whoever asked has gone.
            return
        asked.set_result(running)
        if running.state is JobState.RUNNING:
            self._going_on.go_on(KIND, running.id)

    async def _ordered(self, job: VideoJob, order: VideoOrder) -> VideoJob:
        bill = self._follow.bill(job)
        maker = self._follow.maker(job.provider)
        # The job is there before money is: a job of the same id has its own money set aside.
        await self._add(job)
        try:
            await bill.set_aside(order.cost_usd or 0.0)
            ticket = await patiently(lambda: maker.begin(order), has_not_begun)
        except Exception as error:
            known = error if isinstance(error, ParleyError) else WorkFailed(job.provider, _DEFECT)
            await self._follow.failed(job, known)
            raise
        running = structs.replace(job, state=JobState.RUNNING, ticket=ticket)
        stored = await self._follow.record(running)
        if stored.state is not JobState.RUNNING:
            # Cancelled while the provider was asked.
            await self._follow.tell_provider(running)
        return stored

    async def _add(self, job: VideoJob) -> None:
        async def add(db: Stores) -> None:
            if await db.video_jobs.find(job.user, job.id) is not None:
                raise AlreadyExists("This job is there already")
            if await db.video_jobs.hold_open(job.user) >= self._limits.per_user:
                raise TooManyJobs(self._limits.per_user)
            await db.video_jobs.add(job)

        await self._work.run(add)

    async def _find(self, user: UserId, job: JobId) -> VideoJob | None:
        async with self._work() as db:
            return await db.video_jobs.find(user, job)

    async def _either(self, *waits: Any) -> None:
        tasks = [asyncio.create_task(wait) for wait in waits]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)


def _joined(known: VideoJob, fingerprint: str) -> Ordered:
    if known.fingerprint != fingerprint:
        raise QuestionDiffers
    return Ordered(known, fresh=False)


def _shown(wish: VideoWish, order: VideoOrder) -> dict[str, Any]:
    """Return what was ordered, in the contract's words."""
    mode = "text_to_video" if order.image is None else "image_to_video"
    shown: dict[str, Any] = {
        **wish.given,
        "provider": order.card.provider,
        "model": wish.model or order.card.id,
    }
    if wish.extends is not None:
        return shown | {"mode": "video_extension", "source_video_id": wish.extends}
    return shown | {
        "aspect_ratio": order.ratio,
        "duration_seconds": order.seconds,
        "mode": mode,
        "number_of_videos": order.clips,
    }
