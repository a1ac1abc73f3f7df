"""An archive becomes part of an account."""

import asyncio
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from itertools import islice
from typing import BinaryIO

from application.ports.archives import Archives
from application.ports.unit_of_work import UnitOfWork
from application.transfer.store_records import StoreRecords
from domain.ids import UserId
from domain.transfer.progress import Progress
from domain.transfer.records import ArchivedMessage, Record
from domain.transfer.tally import Counter

_BATCH = 100
"""Records a transaction stores …"""
_BATCH_CHARS = 1024 * 1024
"""… and about how much text."""


class ImportArchive:
    """Looks at the whole archive first, and stores nothing of one that is refused.

    Then it stores in short transactions. Whoever stops it in the middle, by leaving or by pulling
    the plug, finds what was stored until then; the same archive once more completes it, and stores
    nothing twice. What is in the account already is never changed.
    """

    def __init__(self, work: UnitOfWork, archives: Archives) -> None:
        self._work = work
        self._archives = archives

    async def __call__(self, user: UserId, file: BinaryIO) -> AsyncGenerator[Progress, None]:
        """Yield how far it has come: `checking` …, `checked`, `storing` …, `stored`.

        Raises:
            AccountNotFound: there is no such user.
            ArchiveRefused: the archive is no good. Told before anything is stored.
        """
        async with self._work() as db:
            await db.accounts.get(user)
        counter = Counter()
        async with aclosing(_batches(self._archives.read(file))) as batches:
            async for batch in batches:
                for record in batch:
                    counter.add(record)
                yield Progress(stage="checking", done=counter.tally.records)
        total = counter.tally.records
        yield Progress(stage="checked", done=total, total=total)
        store, done = StoreRecords(self._work, user), 0
        async with aclosing(_batches(self._archives.read(file))) as batches:
            async for batch in batches:
                await store(batch)
                done += len(batch)
                yield Progress(stage="storing", done=done, total=total, added=store.added)
        yield Progress(stage="stored", done=done, total=total, added=store.added)


async def _batches(records: Iterator[Record]) -> AsyncGenerator[Sequence[Record], None]:
    """Yield what is stored together, read in a thread."""
    while batch := await asyncio.to_thread(_batch, records):
        yield batch


def _batch(records: Iterator[Record]) -> list[Record]:
    batch: list[Record] = []
    room = _BATCH_CHARS
    for record in islice(records, _BATCH):
        batch.append(record)
        if isinstance(record, ArchivedMessage):
            room -= len(record.message or "") + len(record.ai_reasoning or "")
        if room <= 0:
            break
    return batch
