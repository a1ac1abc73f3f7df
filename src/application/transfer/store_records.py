"""Records of an archive become rows, each once however often it is stored."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby

from msgspec import Struct, structs

from application.ports.unit_of_work import Stores, UnitOfWork
from domain.ids import ConversationId, MessageId, UserId
from domain.transfer.records import (
    ArchivedConversation,
    ArchivedMessage,
    ArchivedPrompt,
    ArchivedUsage,
    Record,
)
from domain.transfer.tally import Counter, Tally


class _Nth(Struct, frozen=True):
    """A record, and how many like it came before it in the archive.

    Prompts are alike that say the same, and messages of a conversation that were written at the
    same moment. The store has them in the same order, so the n-th here is the n-th there.
    """

    record: Record
    nth: int


class StoreRecords:
    """Stores one archive, batch by batch, in its order."""

    def __init__(self, work: UnitOfWork, user: UserId) -> None:
        self._work = work
        self._user = user
        self._likeness = _Likeness()
        self._conversation = ConversationId("")
        self._rows: dict[int, MessageId] = {}
        """Of the conversation that is being stored: what its messages' numbers have become."""
        self._counter = Counter()

    @property
    def added(self) -> Tally:
        """What was not there before."""
        return self._counter.tally

    async def __call__(self, batch: Sequence[Record]) -> None:
        """Store a batch in one transaction.

        Raises:
            AccountNotFound: the user is gone.
            ConversationNotFound: the conversation was removed in the middle of its messages.
        """
        numbered = [_Nth(record, self._likeness.before(record)) for record in batch]
        begun = self._conversation, self._rows

        async def block(db: Stores) -> list[Record]:
            self._conversation, self._rows = begun
            return await self._store(db, numbered)

        for record in await self._work.run(block, repeatable=True):
            self._counter.add(record)

    async def _store(self, db: Stores, batch: Iterable[_Nth]) -> list[Record]:
        added: list[Record] = []
        for kind, group in groupby(batch, lambda one: type(one.record)):
            if kind in (ArchivedPrompt, ArchivedUsage):
                await db.arrivals.hold(self._user)
            if kind is ArchivedMessage:
                added += await self._store_messages(db, list(group))
                continue
            added += [one.record for one in group if await self._stored(db, one)]
        return added

    async def _stored(self, db: Stores, one: _Nth) -> bool:
        match one.record:
            case ArchivedPrompt() as prompt:
                if await db.arrivals.prompts_like(self._user, prompt) > one.nth:
                    return False
                await db.prompts.add(self._user, prompt.title, prompt.text)
                return True
            case ArchivedUsage() as usage:
                return await db.arrivals.add_usage(self._user, usage)
            case ArchivedConversation() as talk:
                self._conversation, made = await db.arrivals.place(self._user, talk)
                self._rows = {}
                return made
            case ArchivedMessage():
                raise AssertionError("messages are stored together")

    async def _store_messages(self, db: Stores, group: Sequence[_Nth]) -> list[Record]:
        added: list[Record] = []
        there = await self._there(db, group)
        for one in group:
            message = one.record
            assert isinstance(message, ArchivedMessage)  # noqa: S101 - for the type checker
            known = there.get((message.created_at, one.nth))
            if known is None:
                known = await db.arrivals.add_message(
                    self._user, self._conversation, self._with_rows(message)
                )
                added.append(message)
            self._rows[message.number] = known
        return added

    async def _there(
        self, db: Stores, group: Sequence[_Nth]
    ) -> dict[tuple[datetime, int], MessageId]:
        """Return the rows that were written at the moments of these messages."""
        moments = [
            one.record.created_at for one in group if isinstance(one.record, ArchivedMessage)
        ]
        written = await db.arrivals.written(self._user, self._conversation, moments[0], moments[-1])
        found: dict[tuple[datetime, int], MessageId] = {}
        for moment, same in groupby(written, lambda row: row[0]):
            found |= {(moment, nth): row for nth, (_, row) in enumerate(same)}
        return found

    def _with_rows(self, message: ArchivedMessage) -> ArchivedMessage:
        parent, version_of = message.parent, message.version_of
        return structs.replace(
            message,
            parent=None if parent is None else self._rows[parent],
            version_of=None if version_of is None else self._rows[version_of],
        )


class _Likeness:
    """Counts records that are alike."""

    def __init__(self) -> None:
        self._prompts: dict[int, int] = {}
        self._moment: datetime | None = None
        self._at_moment = 0

    def before(self, record: Record) -> int:
        """Return how many like this one came before it."""
        match record:
            case ArchivedPrompt():
                key = hash((record.title, record.text))
                self._prompts[key] = self._prompts.get(key, -1) + 1
                return self._prompts[key]
            case ArchivedMessage():
                same = record.created_at == self._moment
                self._moment, self._at_moment = (
                    record.created_at,
                    self._at_moment + 1 if same else 0,
                )
                return self._at_moment
            case _:
                self._moment = None
                return 0
