"""Turn logs within one process."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from datetime import datetime, timedelta

from application.ports.clock import Clock
from application.ports.turn_log import TurnLog, TurnReader
from domain.errors import TurnNotFound
from domain.ids import TurnId, UserId
from domain.turn.ask import TurnHeader
from domain.turn.entries import Entry
from domain.turn.errors import TurnTooLong
from domain.turn.events import (
    AnswerWritten,
    TextDelta,
    ThinkingDelta,
    TurnCancelled,
    TurnCompleted,
    TurnFailed,
)
from domain.turn.voice_events import AudioChunk, SoundDropped

BATCH = 512
"""A reader far behind gets its backlog in pieces, so that it does not hold up the others."""
OTHER_EVENT_BYTES = 256
_ENDINGS = (TurnCompleted, TurnCancelled, TurnFailed)
_SILENCE = SoundDropped()
"""Stands where sound was dropped."""
_TEXTS = (TextDelta, ThinkingDelta, AnswerWritten)


class _Live:
    """A reader that has everything so far and is handed the next entries as they are appended."""

    def __init__(self, reader: TurnReader) -> None:
        self.taken = 0
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done when entries no longer come by themselves."""
        self._take = reader.take

    def hand(self, entries: Sequence[Entry]) -> bool:
        """Return whether the reader wants the next ones too."""
        self.taken += len(entries)
        try:
            if self._take(entries):
                return True
        except Exception as error:  # noqa: BLE001 - raised where this delivery is awaited
            if not self.over.done():
                self.over.set_exception(error)
            return False
        self.end()
        return False

    def end(self) -> None:
        if not self.over.done():
            self.over.set_result(None)


class _Log:
    """One turn: its entries, and the readers that have read them all and wait."""

    def __init__(self, header: TurnHeader) -> None:
        self.header = header
        self.entries: list[Entry] = []
        self.size_bytes = 0
        self.dropped = 0
        """How many entries of sound were dropped …"""
        self.dropped_to = 0
        """… and the number of the last one of them."""
        self.ended_at: datetime | None = None
        self.forgotten = False
        self._live: list[_Live] = []
        self._waiting: set[asyncio.Future[None]] = set()

    def tell(self, new: Sequence[Entry]) -> None:
        if self._live:
            self._live = [live for live in self._live if live.hand(new)]
        if self._waiting or self.ended_at is not None:
            self.wake()

    def wake(self) -> None:
        if self.ended_at is not None or self.forgotten:
            for live in self._live:
                live.end()
            self._live = []
        if waiting := self._waiting:
            self._waiting = set()
            for reader in waiting:
                if not reader.done():
                    reader.set_result(None)

    async def news(self) -> None:
        # A future of its own for each reader: cancelling one reader must not cancel another.
        reader = asyncio.get_running_loop().create_future()
        self._waiting.add(reader)
        try:
            await reader
        finally:
            self._waiting.discard(reader)

    async def live(self, reader: TurnReader) -> int:
        """Hand entries over as they come; return how many, when they no longer do."""
        live = _Live(reader)
        self._live.append(live)
        try:
            await live.over
        finally:
            if live in self._live:
                self._live.remove(live)
        return live.taken


class MemoryTurnLog(TurnLog):
    """Keeps the entries of each turn in a list; good for one process."""

    def __init__(
        self,
        clock: Clock,
        *,
        max_entries: int = 20_000,
        max_bytes: int = 16 * 1024 * 1024,
        kept_s: float = 300,
    ) -> None:
        self._clock = clock
        self._max_entries = max_entries
        self._max_bytes = max_bytes
        self._kept = timedelta(seconds=kept_s)
        self._logs: dict[TurnId, _Log] = {}

    async def begin(self, header: TurnHeader) -> TurnHeader | None:
        present = self._logs.setdefault(header.turn, log := _Log(header))
        return None if present is log else present.header

    async def append(self, turn: TurnId, entries: Sequence[Entry]) -> None:
        log = self._log(turn)
        if log.ended_at is not None:
            return
        known = len(log.entries)
        new = entries
        if entries and entries[0].seq <= known:
            new = [entry for entry in entries if entry.seq > known]
        if not new:
            return
        ended = isinstance(new[-1].event, _ENDINGS)
        # There is always room for an ending.
        self._make_room(log, new[:-1] if ended else new)
        log.entries += new
        if ended:
            log.ended_at = self._clock.now()
        log.tell(new)

    def _make_room(self, log: _Log, new: Sequence[Entry]) -> None:
        size_bytes = log.size_bytes
        for entry in new:
            event = entry.event
            if isinstance(event, _TEXTS):
                size_bytes += len(event.text)
            else:
                size_bytes += OTHER_EVENT_BYTES
                if isinstance(event, AudioChunk):
                    size_bytes += len(event.data)
        if not self._fits(log, len(new), size_bytes):
            size_bytes -= self._drop_sound(log, len(new), size_bytes)
            if not self._fits(log, len(new), size_bytes):
                raise TurnTooLong
        log.size_bytes = size_bytes

    def _fits(self, log: _Log, more: int, size_bytes: int) -> bool:
        kept = len(log.entries) - log.dropped + more
        return kept <= self._max_entries and size_bytes <= self._max_bytes

    def _drop_sound(self, log: _Log, more: int, size_bytes: int) -> int:
        """Drop the oldest sound, a good part of it at once; return how many bytes that frees."""
        freed = 0
        least = min(self._max_bytes // 4, size_bytes)
        for at in range(log.dropped_to, len(log.entries)):
            if freed >= least and self._fits(log, more, size_bytes - freed):
                break
            entry = log.entries[at]
            if isinstance(entry.event, AudioChunk):
                freed += len(entry.event.data) + OTHER_EVENT_BYTES
                log.entries[at] = Entry(entry.seq, entry.chunk, _SILENCE)
                log.dropped += 1
                log.dropped_to = entry.seq
        return freed

    async def follow(self, turn: TurnId, after: int = 0) -> AsyncGenerator[Sequence[Entry], None]:
        log = self._log(turn)
        position = max(after, 0)
        while True:
            if batch := log.entries[position : position + BATCH]:
                position += len(batch)
                yield batch
            elif log.ended_at is not None:
                return
            elif log.forgotten:
                raise TurnNotFound(turn)
            else:
                await log.news()

    async def deliver(self, turn: TurnId, reader: TurnReader, after: int = 0) -> None:
        log = self._log(turn)
        position = max(after, 0)
        while True:
            if batch := log.entries[position : position + BATCH]:
                position += len(batch)
                if not reader.take(batch):
                    await reader.room()
                elif len(batch) == BATCH:
                    await asyncio.sleep(
                        0
                    )  # Others have their turn, also before a long backlog ends.
            elif log.ended_at is not None:
                return
            elif log.forgotten:
                raise TurnNotFound(turn)
            else:
                position += await log.live(reader)
                await reader.room()

    async def read(self, turn: TurnId, after: int = 0) -> Sequence[Entry]:
        log = self._log(turn)
        found = log.entries[max(after, 0) :]
        if max(after, 0) < log.dropped_to:
            found = [entry for entry in found if entry.event is not _SILENCE]
        return found

    async def find(self, turn: TurnId) -> TurnHeader | None:
        log = self._logs.get(turn)
        return log.header if log else None

    async def ended(self, turn: TurnId) -> bool:
        log = self._logs.get(turn)
        return log is not None and log.ended_at is not None

    async def running(self, user: UserId) -> list[TurnHeader]:
        return [
            log.header
            for log in self._logs.values()
            if log.header.user == user and log.ended_at is None
        ]

    async def forget(self, turn: TurnId) -> None:
        if (log := self._logs.pop(turn, None)) is not None:
            log.forgotten = True
            log.wake()

    async def forget_all(self, user: UserId) -> None:
        for turn in [turn for turn, log in self._logs.items() if log.header.user == user]:
            await self.forget(turn)

    async def expire(self) -> int:
        dead = self._clock.now() - self._kept
        gone = [
            turn
            for turn, log in self._logs.items()
            if log.ended_at is not None and log.ended_at <= dead
        ]
        for turn in gone:
            await self.forget(turn)
        return len(gone)

    def _log(self, turn: TurnId) -> _Log:
        log = self._logs.get(turn)
        if log is None:
            raise TurnNotFound(turn)
        return log
