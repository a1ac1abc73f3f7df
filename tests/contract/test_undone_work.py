"""What a unit of work promises when the database undoes it: done once more, and never twice."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime

import pytest
from msgspec import structs
from sqlalchemy import URL, make_url, text

from adapters.memory.clock import ManualClock
from adapters.memory.unit_of_work import MemoryUnitOfWork
from adapters.sql.engine import Database, open_database
from adapters.sql.unit_of_work import SqlUnitOfWork
from application.chat.ledger import Ledger
from application.flow.again import ATTEMPTS
from application.ports.unit_of_work import Stores, UnitOfWork
from domain.conversation.conversation import (
    AnswerState,
    ConversationDraft,
    ConversationFilter,
    MessageDraft,
    Place,
    Sender,
)
from domain.errors import ConversationNotFound
from domain.ids import ConversationId, MessageId, TurnId, UserId
from domain.storage_errors import OutcomeUnknown, StorageUnavailable, TransactionLost
from domain.turn.ask import Ask, Record
from domain.turn.events import TextDelta
from domain.turn.prompt import TextPart
from domain.turn.record import TurnRecord
from domain.turn.settings import TurnSettings
from domain.turn.transcript import Transcript
from tests.contract.test_unit_of_work import end_other_connections
from tests.simulators.tcp_proxy import TcpProxy


async def a_user(work: UnitOfWork) -> UserId:
    async with work() as db:
        return (await db.accounts.add("anna", "hash", None)).id


async def opened(work: UnitOfWork, user: UserId) -> ConversationId:
    async with work() as db:
        return (await db.conversations.open(user, ConversationDraft())).id


async def said(work: UnitOfWork, user: UserId, talk: ConversationId) -> list[str | None]:
    async with work() as db:
        rows = await db.conversations.every_message(user, talk)
    return [row.message for row in rows]


class Saying:
    """A block that is not repeatable: it says something, and counts how often it began."""

    def __init__(self, user: UserId, talk: ConversationId) -> None:
        self.user, self.talk = user, talk
        self.began = 0

    async def __call__(self, db: Stores) -> MessageId:
        self.began += 1
        draft = MessageDraft(message="hello")
        return await db.conversations.add_message(self.user, self.talk, Sender.USER, draft)


class TestInMemory:
    @pytest.fixture
    async def saying(self, memory_work: MemoryUnitOfWork) -> Saying:
        anna = await a_user(memory_work)
        return Saying(anna, await opened(memory_work, anna))

    async def test_undone_work_is_done_again(
        self, memory_work: MemoryUnitOfWork, saying: Saying
    ) -> None:
        memory_work.undo_next(2)
        await memory_work.run(saying)
        assert saying.began == 3
        assert await said(memory_work, saying.user, saying.talk) == ["hello"]

    async def test_but_not_for_ever(self, memory_work: MemoryUnitOfWork, saying: Saying) -> None:
        memory_work.undo_next(ATTEMPTS)
        with pytest.raises(TransactionLost):
            await memory_work.run(saying)
        assert saying.began == ATTEMPTS
        assert await said(memory_work, saying.user, saying.talk) == []

    @pytest.mark.parametrize("stored", [True, False])
    async def test_what_may_be_stored_is_not_stored_again(
        self, memory_work: MemoryUnitOfWork, saying: Saying, *, stored: bool
    ) -> None:
        memory_work.doubt_next(stored)
        with pytest.raises(OutcomeUnknown, match="look before you send it again"):
            await memory_work.run(saying)
        assert saying.began == 1
        assert await said(memory_work, saying.user, saying.talk) == ["hello"] * stored

    async def test_unless_that_does_no_harm(
        self, memory_work: MemoryUnitOfWork, saying: Saying
    ) -> None:
        memory_work.doubt_next(True, False)
        await memory_work.run(
            lambda db: db.conversations.rename(saying.user, saying.talk, "title"), repeatable=True
        )
        async with memory_work() as db:
            assert (await db.conversations.get(saying.user, saying.talk)).name == "title"

    async def test_other_failures_are_told_at_once(
        self, memory_work: MemoryUnitOfWork, saying: Saying
    ) -> None:
        memory_work.fail_next()
        with pytest.raises(StorageUnavailable):
            await memory_work.run(saying)
        saying.talk = ConversationId("gone")
        with pytest.raises(ConversationNotFound):
            await memory_work.run(saying, repeatable=True)
        assert saying.began == 1


@pytest.mark.requires_mysql
class TestOnMySQL:
    @pytest.fixture
    async def anna(self, mysql_work: SqlUnitOfWork) -> UserId:
        return await a_user(mysql_work)

    async def test_two_that_wait_for_each_other_both_get_through(
        self, mysql_work: SqlUnitOfWork, anna: UserId
    ) -> None:
        one, other = await opened(mysql_work, anna), await opened(mysql_work, anna)
        both_hold = asyncio.Barrier(2)
        began: list[ConversationId] = []

        async def rename_both(first: ConversationId, then: ConversationId) -> None:
            async def rename(db: Stores) -> None:
                began.append(first)
                await db.conversations.rename(anna, first, f"by {first}")
                if began.count(first) == 1:
                    await both_hold.wait()
                await db.conversations.rename(anna, then, f"by {first}")

            await mysql_work.run(rename)

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(rename_both(one, other))
            tasks.create_task(rename_both(other, one))
        assert len(began) == 3
        async with mysql_work() as db:
            names = {(await db.conversations.get(anna, talk)).name for talk in (one, other)}
        assert len(names) == 1, "the one that came last has both"

    async def test_a_deadlock_among_prepared_writes(
        self, mysql_work: SqlUnitOfWork, anna: UserId, clock: ManualClock
    ) -> None:
        """These are sent with the commit, in which a deadlock has stored nothing either."""
        one, other = await opened(mysql_work, anna), await opened(mysql_work, anna)
        async with mysql_work() as db:
            for talk in (one, other):
                await db.turns.add(a_record(anna, talk, clock))
        both_hold = asyncio.Barrier(2)
        began: list[str] = []

        async def end_both(first: ConversationId, then: ConversationId) -> None:
            async def end(db: Stores) -> None:
                began.append(first)
                await db.turns.update(TurnId(first), AnswerState.COMPLETED, None)
                await db.accounts.all()
                if began.count(first) == 1:
                    await both_hold.wait()
                await db.turns.update(TurnId(then), AnswerState.COMPLETED, None)

            await mysql_work.run(end)

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(end_both(one, other))
            tasks.create_task(end_both(other, one))
        assert len(began) == 3

    async def test_a_deadlock_over_the_next_number(
        self, mysql_database: Database, mysql_work: SqlUnitOfWork, anna: UserId
    ) -> None:
        """An answer arrives while its question is edited: MariaDB lets one insert wait for both."""
        talk = await opened(mysql_work, anna)
        question = await mysql_work.run(Saying(anna, talk))
        place = Place(datetime(2026, 11, 29, tzinfo=UTC), question)
        arriving: list[asyncio.Task[MessageId]] = []

        def answer(db: Stores) -> Awaitable[MessageId]:
            draft = MessageDraft(message="hi")
            return db.conversations.add_message(anna, talk, Sender.AI, draft, place=place)

        async def edit(db: Stores) -> None:
            await db.conversations.hold(anna, talk)
            if not arriving:
                arriving.append(asyncio.create_task(mysql_work.run(answer)))
                await one_waits(mysql_database)
            await db.conversations.keep_version(anna, talk, question)

        await mysql_work.run(edit)
        await arriving[0]
        assert sorted(await said(mysql_work, anna, talk), key=str) == ["hello", "hello", "hi"]

    async def test_a_connection_killed_meanwhile_is_not_noticed(
        self, mysql_database: Database, mysql_work: SqlUnitOfWork, anna: UserId
    ) -> None:
        saying = Saying(anna, await opened(mysql_work, anna))
        await end_other_connections(mysql_database)
        await mysql_work.run(saying)
        assert saying.began == 1

    @pytest.mark.parametrize("before_the_write", [True, False])
    async def test_a_connection_killed_within_costs_an_attempt(
        self,
        mysql_database: Database,
        mysql_work: SqlUnitOfWork,
        anna: UserId,
        *,
        before_the_write: bool,
    ) -> None:
        saying = Saying(anna, await opened(mysql_work, anna))
        kill = iter([end_other_connections])

        async def say(db: Stores) -> None:
            await db.accounts.get(anna)
            if before_the_write:
                for end in kill:
                    await end(mysql_database)
            await saying(db)
            for end in kill:
                await end(mysql_database)
            await db.accounts.get(anna)

        await mysql_work.run(say)
        assert saying.began == 2
        assert await said(mysql_work, anna, saying.talk) == ["hello"]


@pytest.mark.requires_mysql
class TestACommitThatIsCutOff:
    @pytest.fixture
    def proxy(self, mysql_address: URL) -> Iterator[TcpProxy]:
        with TcpProxy(str(mysql_address.host), mysql_address.port or 3306) as running:
            yield running

    @pytest.fixture
    async def through(
        self, mysql_work: SqlUnitOfWork, mysql_url: str, proxy: TcpProxy, clock: ManualClock
    ) -> AsyncIterator[SqlUnitOfWork]:
        """The same database as that of `mysql_work`, which cleans up."""
        url = make_url(mysql_url).set(host="127.0.0.1", port=proxy.port)
        database = open_database(url.render_as_string(hide_password=False))
        yield SqlUnitOfWork(database, clock)
        await database.close()

    @pytest.mark.parametrize("delivered", [True, False])
    async def test_it_is_not_repeated(
        self, through: SqlUnitOfWork, proxy: TcpProxy, *, delivered: bool
    ) -> None:
        anna = await a_user(through)
        saying = Saying(anna, await opened(through, anna))
        proxy.cut_at(b"COMMIT", delivered=delivered)
        with pytest.raises(OutcomeUnknown):
            await through.run(saying)
        assert saying.began == 1
        assert await said(through, anna, saying.talk) == ["hello"] * delivered

    @pytest.mark.parametrize("delivered", [True, False])
    async def test_a_turn_is_kept_once(
        self, through: SqlUnitOfWork, proxy: TcpProxy, clock: ManualClock, *, delivered: bool
    ) -> None:
        anna = await a_user(through)
        ledger, record = Ledger(through, clock), Record()
        ask = Ask(
            user=anna,
            question=(TextPart("Why?"),),
            settings=TurnSettings(model="m"),
            record=record,
        )
        proxy.cut_at(b"COMMIT", delivered=delivered)
        kept = await ledger.question(TurnId("turn"), ask, record)
        transcript = Transcript()
        transcript.add([TextDelta("Because.")])
        proxy.cut_at(b"COMMIT", delivered=delivered)
        with pytest.raises(OutcomeUnknown):
            await ledger.answer(kept, transcript, None, AnswerState.COMPLETED)
        doubtful = structs.replace(kept, doubtful=True)
        await ledger.answer(doubtful, transcript, None, AnswerState.COMPLETED)
        assert await said(through, anna, kept.conversation) == ["Why?", "Because."]
        async with through() as db:
            assert await db.turns.running() == []
            assert len(await db.conversations.page(anna, ConversationFilter())) == 1

    async def test_a_connection_lost_while_it_is_set_up_is_made_again(
        self, through: SqlUnitOfWork, proxy: TcpProxy
    ) -> None:
        proxy.cut_at(b"time_zone", delivered=False)
        assert await through.run(lambda db: db.accounts.all()) == []

    async def test_reading_is_simply_done_again(
        self, through: SqlUnitOfWork, proxy: TcpProxy
    ) -> None:
        anna = await a_user(through)
        proxy.cut_at(b"COMMIT", delivered=True)
        assert (await through.run(lambda db: db.accounts.get(anna))).username == "anna"


class TestOnSQLite:
    async def test_another_process_that_writes_is_waited_for(
        self, sqlite_url: str, sqlite_database: Database, sqlite_work: SqlUnitOfWork
    ) -> None:
        anna = await a_user(sqlite_work)
        saying = Saying(anna, await opened(sqlite_work, anna))
        async with sqlite_database.engine.connect() as connection:
            await connection.exec_driver_sql("PRAGMA busy_timeout=20")
        other = open_database(sqlite_url)
        async with AsyncExitStack() as writer:
            elsewhere = await writer.enter_async_context(SqlUnitOfWork(other, ManualClock())())
            await elsewhere.accounts.add("boris", "hash", None)

            async def say(db: Stores) -> None:
                if saying.began == 1:
                    await writer.aclose()
                await saying(db)

            await sqlite_work.run(say)
        await other.close()
        assert saying.began == 2
        assert await said(sqlite_work, anna, saying.talk) == ["hello"]


async def one_waits(database: Database) -> None:
    """Return once a transaction waits for a conversation of this database."""
    wanted = rf"HAS BEEN WAITING.*\n.*`{database.engine.url.database}`\.`ChatSessionsNG`"
    # Unlike the tables about transactions, this is not kept from an earlier look.
    look = text("SHOW ENGINE INNODB STATUS")
    async with asyncio.timeout(10), database.engine.connect() as connection:
        while not re.search(wanted, (await connection.execute(look)).one().Status):
            pass


def a_record(user: UserId, talk: ConversationId, clock: ManualClock) -> TurnRecord:
    return TurnRecord(
        turn=TurnId(talk),
        user=user,
        fingerprint="f",
        conversation=talk,
        question=MessageId(1),
        started_at=clock.now(),
    )
