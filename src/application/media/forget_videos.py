"""The end of what is known about jobs that are over."""

from collections.abc import Sequence
from datetime import timedelta

import structlog

from application.background.going_on import Stepwise
from application.ports.clock import Clock
from application.ports.unit_of_work import UnitOfWork
from domain.storage_errors import StorageError

log = structlog.get_logger("videos")

EVERY_S = 3600.0
REMEMBERED = timedelta(days=30)
"""How long jobs that are over can be looked up. Their clips stay."""


class ForgetVideos(Stepwise):
    """Work that is never over."""

    def __init__(self, work: UnitOfWork, clock: Clock) -> None:
        self._work = work
        self._clock = clock

    async def left(self) -> Sequence[str]:
        """Return the one piece of work there is."""
        return ["all"]

    async def step(self, job: str) -> float | None:
        """Forget what is old enough."""
        earlier = self._clock.now() - REMEMBERED
        try:
            await self._work.run(lambda db: db.video_jobs.forget_before(earlier), repeatable=True)
        except StorageError as error:
            log.warning("old video jobs stay for now", error=error.code)
        return EVERY_S
