"""A batch that is not wanted any more."""

from application.background.going_on import GoingOn
from application.batch.submit import KIND
from application.ports.clock import Clock
from application.ports.unit_of_work import Stores, UnitOfWork
from domain.batch import BatchJob, BatchStatus
from domain.errors import InvalidRequest
from domain.ids import BatchId, UserId


class CancelBatch:
    """Ends the job at once; its provider is told by the next step, which does not wait."""

    def __init__(self, work: UnitOfWork, going_on: GoingOn, clock: Clock) -> None:
        self._work = work
        self._going_on = going_on
        self._clock = clock

    async def __call__(self, user: UserId, batch: BatchId) -> BatchJob:
        """Return the cancelled job. What was answered before is billed, and can be fetched.

        Raises:
            BatchNotFound: the user has no such job.
            InvalidRequest: it has ended already.
        """
        now = self._clock.now()

        async def cancel(db: Stores) -> BatchJob:
            await db.batches.get(user, batch)
            job = await db.batches.hold(batch)
            if job is None or job.status.is_final:
                ended = BatchStatus.CANCELLED if job is None else job.status
                raise InvalidRequest(f"Batch job is {ended.value} and cannot be cancelled")
            cancelled = job.ended(BatchStatus.CANCELLED, now)
            await db.batches.save(cancelled)
            return cancelled

        job = await self._work.run(cancel)
        self._going_on.go_on(KIND, batch)
        return job
