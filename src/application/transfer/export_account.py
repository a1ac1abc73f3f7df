"""Everything that is stored of a user, as the lines of an archive."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from datetime import datetime
from typing import TypeVar

from msgspec import Struct, structs

from application.ports.clock import Clock
from application.ports.unit_of_work import Stores, UnitOfWork
from domain.ids import ConversationId, MessageId, PromptId, UserId
from domain.transfer.archive import Digest, encoded
from domain.transfer.errors import ArchiveChanged
from domain.transfer.records import (
    FORMAT,
    VERSION,
    ArchivedMessage,
    ArchiveHeader,
    Record,
)
from domain.transfer.tally import Tally

Row = TypeVar("Row")
Cursor = TypeVar("Cursor")

PAGE = 100
"""Rows a transaction reads."""


class Mark(Struct, frozen=True):
    """How much of an archive somebody has already."""

    lines: int
    """Whole ones, the header included."""
    sha256: str | None = None
    """Of the lines after the header; None where only their number is known."""


class ExportAccount:
    """Reads page by page, each in a short transaction.

    What is written meanwhile may or may not be in the archive. What was read is never changed: the
    digest at the end tells whether parts of two exports belong together.
    """

    def __init__(self, work: UnitOfWork, clock: Clock) -> None:
        self._work = work
        self._clock = clock

    async def tally(self, user: UserId) -> Tally:
        """Return how many records the archive would have now."""
        return await self._work.run(lambda db: db.holdings.tally(user))

    async def __call__(
        self, user: UserId, mark: Mark | None = None
    ) -> AsyncGenerator[Sequence[bytes], None]:
        """Yield the archive's lines, some at a time, from behind the mark.

        Raises:
            AccountNotFound: there is no such user.
            ArchiveChanged: what comes before the mark is not the same any more. Told before the
                first line.
        """
        mark = mark or Mark(0)
        if mark.lines == 0:
            yield [encoded(await self._header(user))]
        digest, passed = Digest(), 1
        async with aclosing(self._records(user)) as pages:
            async for page in pages:
                fresh: list[bytes] = []
                for record in page:
                    line = encoded(record)
                    digest.add(record, line)
                    passed += 1
                    if passed > mark.lines:
                        fresh.append(line)
                    elif passed == mark.lines:
                        _check(mark, digest)
                if fresh:
                    yield fresh
        if passed >= mark.lines:
            yield [encoded(digest.end())]
        elif passed + 1 < mark.lines or mark.sha256 is not None:
            raise ArchiveChanged

    async def _header(self, user: UserId) -> ArchiveHeader:
        account = await self._work.run(lambda db: db.accounts.get(user))
        return ArchiveHeader(
            format=FORMAT,
            version=VERSION,
            exported_at=self._clock.now(),
            username=account.username,
            email=account.email,
        )

    async def _records(self, user: UserId) -> AsyncGenerator[Sequence[Record], None]:
        prompts = self._pages(
            lambda db, after: db.holdings.prompts(user, after, PAGE),
            PromptId(0),
            lambda last: last[0],
        )
        async with aclosing(prompts):
            async for page in prompts:
                yield [record for _, record in page]
        usage = self._pages(
            lambda db, after: db.holdings.usage(user, after, PAGE), "", lambda last: last.turn
        )
        async with aclosing(usage):
            async for page in usage:
                yield page
        talks = self._pages(
            lambda db, after: db.holdings.conversations(user, after, PAGE), "", lambda last: last.id
        )
        async with aclosing(talks):
            async for page in talks:
                for talk in page:
                    yield [talk]
                    async with aclosing(self._messages(user, ConversationId(talk.id))) as said:
                        async for messages in said:
                            yield messages

    async def _messages(
        self, user: UserId, talk: ConversationId
    ) -> AsyncGenerator[Sequence[Record], None]:
        nothing: tuple[datetime, MessageId] | None = None
        pages = self._pages(
            lambda db, after: db.holdings.messages(user, talk, after, PAGE),
            nothing,
            lambda last: (last.created_at, MessageId(last.number)),
        )
        numbers: dict[int, int] = {}
        async with aclosing(pages):
            async for page in pages:
                yield [_numbered(row, numbers) for row in page]

    async def _pages(
        self,
        read: Callable[[Stores, Cursor], Awaitable[Sequence[Row]]],
        after: Cursor,
        place: Callable[[Row], Cursor],
    ) -> AsyncGenerator[Sequence[Row], None]:
        """Yield page after page, each read in a transaction of its own, from behind `after`."""
        while True:
            page = await self._work.run(lambda db, place=after: read(db, place))
            if not page:
                return
            after = place(page[-1])
            yield page


def _numbered(row: ArchivedMessage, numbers: dict[int, int]) -> ArchivedMessage:
    """Return the message with its place in the conversation for its id.

    A parent that is not among the earlier messages was deleted: such a row follows whatever is
    shown before it, as one without a parent does.
    """
    number = len(numbers) + 1
    parent, version_of = _earlier(row.parent, numbers), _earlier(row.version_of, numbers)
    numbers[row.number] = number
    return structs.replace(row, number=number, parent=parent, version_of=version_of)


def _earlier(named: int | None, numbers: dict[int, int]) -> int | None:
    return None if named is None else numbers.get(named)


def _check(mark: Mark, digest: Digest) -> None:
    if mark.sha256 is not None and mark.sha256 != digest.sha256:
        raise ArchiveChanged
