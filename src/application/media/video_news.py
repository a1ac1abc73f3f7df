"""Tells those who wait in this process that something has become of a clip."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager

from domain.ids import JobId


class VideoNews:
    """What has happened is in the database; this only says when to look."""

    def __init__(self) -> None:
        self._waiting: dict[JobId, set[asyncio.Event]] = {}

    @contextmanager
    def of(self, job: JobId) -> Generator[asyncio.Event]:
        """Yield an event that is set whenever the job changes."""
        changed = asyncio.Event()
        self._waiting.setdefault(job, set()).add(changed)
        try:
            yield changed
        finally:
            others = self._waiting[job]
            others.discard(changed)
            if not others:
                del self._waiting[job]

    def tell(self, job: JobId) -> None:
        """Have those look who wait for a job."""
        for changed in self._waiting.get(job, ()):
            changed.set()

    def tell_all(self) -> None:
        """Have everybody look."""
        for job in self._waiting:
            self.tell(job)
