"""Saves what running turns have said so far: that bounds what a crash can cost.

A transaction costs several times what is written in it, so all turns that are due within half a
second share one.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import structlog
from msgspec import structs

from application.chat.kept import Kept
from application.chat.ledger import Growing, Ledger
from application.chat.said import Said
from application.ports.clock import Clock
from domain.ids import TurnId
from domain.storage_errors import StorageError

log = structlog.get_logger("turns")

OLDEST_S = 1.75
"""Below the two seconds of text that a crash may cost, so that writing itself has time."""
BEAT_S = 0.5
"""How often it is looked for turns that are due: each comes to be saved at every third look."""
_OLDEST = timedelta(seconds=OLDEST_S)
_BEAT = timedelta(seconds=BEAT_S)


class _Watched:
    """A running turn, and what of it is saved."""

    def __init__(self, turn: TurnId, said: Said, now: datetime) -> None:
        self.turn = turn
        self.said = said
        self._pieces = 0
        self._looked_at = now

    def is_due(self, now: datetime) -> bool:
        """Return whether it would be too old at the next beat, and has something new."""
        if now + _BEAT - self._looked_at <= _OLDEST:
            return False
        self._looked_at = now
        return self.said.kept is not None and self.said.transcript.pieces != self._pieces

    def growing(self, kept: Kept) -> Growing:
        """Return what is to be saved."""
        # Until it is known how this goes, whoever tries next has to look.
        self.said.kept = structs.replace(kept, doubtful=True)
        return Growing(kept, self.said.transcript, self.said.chosen)

    def saved(self, kept: Kept, pieces: int) -> None:
        """Note where it is now, and how much of it."""
        self.said.kept, self._pieces = kept, pieces


class Checkpoints:
    """A database that is away for a while costs a turn nothing but its checkpoints."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock
        self._running: dict[TurnId, _Watched] = {}
        self._any_runs = asyncio.Event()
        self._saving: asyncio.Task[None] | None = None
        self._at_work_on: Sequence[_Watched] = ()

    @asynccontextmanager
    async def of(self, turn: TurnId, said: Said) -> AsyncGenerator[None, None]:
        """Have the turn saved now and then until the block ends, and not a moment longer."""
        watched = self._running[turn] = _Watched(turn, said, self._clock.now())
        self._any_runs.set()
        try:
            yield
        finally:
            del self._running[turn]
            if not self._running:
                self._any_runs.clear()
            if self._saving is not None and watched in self._at_work_on:
                # Its ending must not wait for this; the others have their turn again soon.
                self._saving.cancel()
                await asyncio.wait({self._saving})

    async def keep_on(self) -> None:
        """Save whatever is due, for as long as there are turns; runs until it is cancelled."""
        while True:
            await self._any_runs.wait()  # A process without any sleeps.
            await self._clock.sleep(BEAT_S)
            now = self._clock.now()
            if due := [watched for watched in self._running.values() if watched.is_due(now)]:
                self._at_work_on = due
                self._saving = asyncio.create_task(self._save(due))
                try:
                    await asyncio.wait({self._saving})
                finally:
                    self._saving.cancel()
                    self._saving, self._at_work_on = None, ()

    async def _save(self, due: Sequence[_Watched]) -> None:
        try:
            await self._save_together(due)
        except StorageError as error:
            turns = [watched.turn for watched in due]
            log.warning("checkpoint failed", turns=turns, error=error.code)
        except Exception:
            if len(due) == 1:
                log.exception("checkpoint failed", turn=due[0].turn)
                return
            for watched in due:  # One is at fault, and must not cost the others.
                await self._save([watched])

    async def _save_together(self, due: Sequence[_Watched]) -> None:
        pieces = [watched.said.transcript.pieces for watched in due]
        growing = [
            watched.growing(watched.said.kept) for watched in due if watched.said.kept is not None
        ]
        kept = await self._ledger.answers(growing)
        for watched, now, saved in zip(due, kept, pieces, strict=True):
            watched.saved(now, saved)
