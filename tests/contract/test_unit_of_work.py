"""What every unit of work promises: all or nothing, for many at once, and honest failures."""

import asyncio
import os
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from adapters.memory.clock import ManualClock
from adapters.memory.unit_of_work import MemoryUnitOfWork
from adapters.sql.engine import Database, Pool, open_database
from adapters.sql.unit_of_work import SqlUnitOfWork
from application.ports.unit_of_work import Stores, UnitOfWork
from domain.conversation.conversation import (
    AnswerState,
    ConversationDraft,
    ConversationFilter,
    MessageDraft,
    Sender,
)
from domain.errors import AlreadyExists, NotConfigured
from domain.ids import ConversationId, TurnId, UserId
from domain.storage_errors import StorageError, StorageUnavailable
from domain.turn.record import TurnRecord

CHOSEN = ConversationId("0b5c8a52-6f5d-4f0e-9a3e-3c1f6f0f2b11")
WRITERS = 20


@pytest.fixture
async def anna(work: UnitOfWork) -> UserId:
    async with work() as db:
        return (await db.accounts.add("anna", "hash", None)).id


async def open_turn(db: Stores, user: UserId, turn: str, clock: ManualClock) -> ConversationId:
    """Write what a starting turn writes."""
    talk = await db.conversations.open(user, ConversationDraft())
    question = await db.conversations.add_message(
        user, talk.id, Sender.USER, MessageDraft(message=turn), turn=TurnId(turn)
    )
    answer = await db.conversations.add_message(
        user, talk.id, Sender.AI, MessageDraft(), turn=TurnId(turn), state=AnswerState.RUNNING
    )
    await db.turns.add(
        TurnRecord(
            turn=TurnId(turn),
            user=user,
            fingerprint="f",
            conversation=talk.id,
            question=question,
            answer=answer,
            started_at=clock.now(),
        )
    )
    return talk.id


async def turns_and_talks(work: UnitOfWork, user: UserId) -> tuple[int, int]:
    async with work() as db:
        talks = await db.conversations.page(user, ConversationFilter(limit=0))
        return len(await db.turns.running()), len(talks)


async def test_leaving_the_block_commits(
    work: UnitOfWork, anna: UserId, clock: ManualClock
) -> None:
    async with work() as db:
        await open_turn(db, anna, "one", clock)
    assert await turns_and_talks(work, anna) == (1, 1)


async def test_an_exception_rolls_everything_back(
    work: UnitOfWork, anna: UserId, clock: ManualClock
) -> None:
    async def fail() -> None:
        async with work() as db:
            await open_turn(db, anna, "one", clock)
            assert len(await db.turns.running()) == 1
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await turns_and_talks(work, anna) == (0, 0)


async def test_a_refused_record_takes_the_rest_with_it(
    work: UnitOfWork, anna: UserId, clock: ManualClock
) -> None:
    for _ in range(2):
        try:
            async with work() as db:
                await open_turn(db, anna, "one", clock)
        except AlreadyExists:
            break
    assert await turns_and_talks(work, anna) == (1, 1)


async def test_others_see_nothing_before_the_commit(
    work: UnitOfWork, anna: UserId, clock: ManualClock
) -> None:
    async with work() as db:
        await open_turn(db, anna, "one", clock)
        assert await turns_and_talks(work, anna) == (0, 0)
    assert await turns_and_talks(work, anna) == (1, 1)


async def test_a_cancelled_block_rolls_back(
    work: UnitOfWork, anna: UserId, clock: ManualClock
) -> None:
    written = asyncio.Event()

    async def hang() -> None:
        async with work() as db:
            await open_turn(db, anna, "one", clock)
            written.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(hang())
    await written.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await turns_and_talks(work, anna) == (0, 0)


async def test_cancelling_at_any_step_leaves_all_or_nothing(
    work: UnitOfWork, anna: UserId, clock: ManualClock
) -> None:
    """Cancelled after every number of turns of the loop, until it is too late to."""

    async def write(name: str) -> None:
        async with work() as db:
            await open_turn(db, anna, name, clock)

    for steps in range(400):
        task = asyncio.create_task(write(str(steps)))
        for _ in range(steps):
            if task.done():
                break
            await asyncio.sleep(0)
        finished = task.done()
        task.cancel()
        await asyncio.wait([task])
        assert finished or task.cancelled()
        turns, talks = await turns_and_talks(work, anna)
        assert turns == talks
        if finished:
            break
    before, _ = await turns_and_talks(work, anna)
    await write("uncancelled")
    assert await turns_and_talks(work, anna) == (before + 1, before + 1)


async def test_many_writers_at_once_all_succeed(
    work: UnitOfWork, anna: UserId, clock: ManualClock
) -> None:
    async def write(name: str) -> None:
        async with work() as db:
            await open_turn(db, anna, name, clock)

    async with asyncio.TaskGroup() as tasks:
        for number in range(WRITERS):
            tasks.create_task(write(str(number)))
    assert await turns_and_talks(work, anna) == (WRITERS, WRITERS)


async def test_many_writers_in_one_conversation_keep_its_order(
    work: UnitOfWork, anna: UserId
) -> None:
    async def write(number: int) -> None:
        async with work() as db:
            talk = await db.conversations.open(anna, ConversationDraft(id=CHOSEN))
            for sender in (Sender.USER, Sender.AI):
                draft = MessageDraft(message=str(number))
                await db.conversations.add_message(anna, talk.id, sender, draft)

    async with asyncio.TaskGroup() as tasks:
        for number in range(WRITERS):
            tasks.create_task(write(number))
    async with work() as db:
        said = (await db.conversations.messages(anna, (CHOSEN,)))[CHOSEN]
    moments = [message.created_at for message in said]
    assert moments == sorted(set(moments))
    pairs = list(zip(said[::2], said[1::2], strict=True))
    assert len(pairs) == WRITERS
    for question, answer in pairs:
        assert (question.message, question.sender) == (answer.message, Sender.USER)


async def test_a_database_in_memory_can_be_taken_away(
    memory_work: MemoryUnitOfWork, clock: ManualClock
) -> None:
    memory_work.fail_next(2)
    for _ in range(2):
        with pytest.raises(StorageUnavailable):
            async with memory_work():
                raise AssertionError("a database that is away was opened")
    async with memory_work() as db:
        assert await db.accounts.all() == []
    memory_work.away = True
    with pytest.raises(StorageUnavailable):
        async with memory_work():
            raise AssertionError("a database that is away was opened")


class TestRealDatabases:
    async def test_a_block_without_statements_takes_no_connection(
        self, database: Database, clock: ManualClock
    ) -> None:
        async with SqlUnitOfWork(database, clock)():
            assert database.engine.pool.checkedout() == 0  # type: ignore[attr-defined]

    async def test_readers_do_not_wait_for_a_writer(
        self, database: Database, clock: ManualClock
    ) -> None:
        work = SqlUnitOfWork(database, clock)
        async with work() as writer:
            await writer.accounts.add("anna", "hash", None)
            async with work() as reader:
                assert await reader.accounts.all() == []

    async def test_half_an_emoji_does_not_cost_the_answer(
        self, database: Database, clock: ManualClock
    ) -> None:
        work = SqlUnitOfWork(database, clock)
        async with work() as db:
            user = (await db.accounts.add("anna", "hash", None)).id
            talk = await db.conversations.open(user, ConversationDraft())
            draft = MessageDraft(
                message="so \ud83e\udd89 and \ud83e", claude_code_data={"a": "\ud83e"}
            )
            await db.conversations.add_message(user, talk.id, Sender.AI, draft)
            [stored] = (await db.conversations.messages(user, (talk.id,)))[talk.id]
        assert stored.message == "so 🦉 and \ufffd"
        assert stored.claude_code_data == {"a": "\ufffd"}

    async def test_rows_of_an_older_server_can_be_read(
        self, database: Database, clock: ManualClock
    ) -> None:
        work = SqlUnitOfWork(database, clock)
        async with work() as db:
            user = (await db.accounts.add("anna", "hash", None)).id
            talk = await db.conversations.open(user, ConversationDraft())
            await db.conversations.add_message(user, talk.id, Sender.AI, MessageDraft(message="x"))
        old = (
            "UPDATE ChatSessionsNG SET session_name = NULL, ai_character_name = NULL,"
            " tags = 'null'",
            "UPDATE ChatMessagesNG SET sender = 'user', image_locations = NULL,"
            " chart_data = 'null', claude_code_data = 'null', created_at = '2024-05-01 10:00:00'",
        )
        async with database.engine.begin() as connection:
            for statement in old:
                await connection.execute(text(statement))
        async with work() as db:
            talk = await db.conversations.get(user, talk.id)
            [stored] = (await db.conversations.messages(user, (talk.id,)))[talk.id]
        assert (talk.name, talk.character, talk.tags) == ("New chat", "assistant", ())
        assert (stored.sender, stored.image_locations) == (Sender.USER, ())
        assert (stored.chart_data, stored.claude_code_data) == (None, {})
        assert stored.created_at.isoformat() == "2024-05-01T10:00:00+00:00"

    async def test_tasks_are_listed_without_messages(
        self, database: Database, clock: ManualClock
    ) -> None:
        work = SqlUnitOfWork(database, clock)
        async with work() as db:
            user = (await db.accounts.add("anna", "hash", None)).id
            await db.conversations.open(user, ConversationDraft(name="task"))
        async with database.engine.begin() as connection:
            change = "UPDATE ChatSessionsNG SET task_status = 'active', task_priority = 'high'"
            await connection.execute(text(change))
        async with work() as db:
            for wanted, names in (
                (ConversationFilter(), ["task"]),
                (ConversationFilter(task_status="active"), ["task"]),
                (ConversationFilter(task_status="any", task_priority="high"), ["task"]),
                (ConversationFilter(task_status="done"), []),
                (ConversationFilter(task_status="none"), []),
                (ConversationFilter(task_priority="low"), []),
            ):
                found = await db.conversations.page(user, wanted)
                assert [talk.name for talk in found] == names

    async def test_a_refused_statement_says_nothing_of_the_driver(
        self, database: Database, clock: ManualClock
    ) -> None:
        async with database.engine.begin() as connection:
            await connection.execute(text("ALTER TABLE Prompts RENAME TO Prompts_away"))
            await connection.execute(text("ALTER TABLE ChatTurns RENAME TO ChatTurns_away"))
        try:
            with pytest.raises(StorageError, match=r"^Database operation failed$") as caught:
                async with SqlUnitOfWork(database, clock)() as db:
                    await db.turns.running()
            assert type(caught.value) is StorageError
        finally:
            async with database.engine.begin() as connection:
                await connection.execute(text("ALTER TABLE Prompts_away RENAME TO Prompts"))
                await connection.execute(text("ALTER TABLE ChatTurns_away RENAME TO ChatTurns"))

    @pytest.mark.parametrize(
        "engine", ["sqlite", pytest.param("mysql", marks=pytest.mark.requires_mysql)]
    )
    async def test_without_a_connection_to_spare_it_is_unavailable(
        self, request: pytest.FixtureRequest, engine: str, clock: ManualClock
    ) -> None:
        url = request.getfixturevalue(f"{engine}_url")
        database = open_database(url, Pool(size=1, overflow=0, wait_s=0.05))
        work = SqlUnitOfWork(database, clock)
        try:
            async with work() as holder:
                await holder.accounts.all()
                with pytest.raises(StorageUnavailable, match="not available"):
                    async with work() as db:
                        await db.accounts.all()
            async with work() as db:
                await db.accounts.all()
        finally:
            await database.close()


async def end_other_connections(database: Database) -> None:
    """Have the server end every other connection to this scratch database."""
    async with database.engine.connect() as killer:
        others = await killer.scalars(
            text(
                "SELECT id FROM information_schema.processlist"
                " WHERE db = DATABASE() AND id <> CONNECTION_ID()"
            )
        )
        for other in others.all():
            with suppress(OperationalError):  # It has just ended by itself.
                await killer.execute(text(f"KILL {other}"))


class TestAway:
    @pytest.fixture
    def deaf_port(self) -> Iterator[int]:
        """A port where connections are taken and nobody ever answers."""
        with socket.create_server(("127.0.0.1", 0)) as server:
            yield server.getsockname()[1]

    async def read(self, database: Database, clock: ManualClock) -> None:
        try:
            async with SqlUnitOfWork(database, clock)() as db:
                await db.accounts.all()
        finally:
            await database.close()

    async def test_nobody_listens(self, clock: ManualClock) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
        with pytest.raises(StorageUnavailable) as caught:
            await self.read(open_database(f"mysql+aiomysql://u:hush@127.0.0.1:{port}/x"), clock)
        assert "hush" not in str(caught.value)
        assert str(port) not in str(caught.value)

    async def test_somebody_listens_and_never_answers(
        self, deaf_port: int, clock: ManualClock
    ) -> None:
        database = open_database(f"mysql+aiomysql://u@127.0.0.1:{deaf_port}/x")
        database.reach_s = 0.05
        with pytest.raises(StorageUnavailable):
            await self.read(database, clock)

    @pytest.mark.requires_mysql
    async def test_a_server_without_the_database(self, mysql_url: str, clock: ManualClock) -> None:
        with pytest.raises(StorageUnavailable):
            await self.read(open_database(f"{mysql_url}_gone"), clock)

    @pytest.mark.requires_mysql
    async def test_a_lost_connection_is_replaced(
        self, mysql_database: Database, clock: ManualClock
    ) -> None:
        work = SqlUnitOfWork(mysql_database, clock)

        async def lose_the_connection() -> None:
            async with work() as db:
                await db.accounts.all()
                await end_other_connections(mysql_database)
                await db.accounts.all()

        with pytest.raises(StorageUnavailable):
            await lose_the_connection()
        async with work() as db:
            assert await db.accounts.all() == []

    async def test_a_folder_in_place_of_a_file(self, tmp_path: Path, clock: ManualClock) -> None:
        (tmp_path / "main.db").mkdir()
        with pytest.raises(StorageError, match="is a folder, and no database"):
            await self.read(open_database(f"sqlite+aiosqlite:///{tmp_path}/main.db"), clock)

    @pytest.mark.skipif(os.geteuid() == 0, reason="needs a user who may not read every file")
    @pytest.mark.parametrize("mode", [0o000, 0o200, 0o400])
    async def test_a_file_that_this_user_may_not_use(
        self, tmp_path: Path, clock: ManualClock, mode: int
    ) -> None:
        file = tmp_path / "main.db"
        file.touch(mode)
        with pytest.raises(StorageError, match=r"main\.db cannot be read and written by this user"):
            await self.read(open_database(f"sqlite+aiosqlite:///{file}"), clock)

    async def test_another_process_that_writes_for_too_long(
        self, sqlite_url: str, clock: ManualClock
    ) -> None:
        other, mine = open_database(sqlite_url), open_database(sqlite_url)
        try:
            async with SqlUnitOfWork(other, clock)() as writer:
                await writer.accounts.add("anna", "hash", None)
                async with mine.engine.connect() as connection:
                    await connection.exec_driver_sql("PRAGMA busy_timeout=20")
                with pytest.raises(StorageUnavailable):
                    async with SqlUnitOfWork(mine, clock)() as db:
                        await db.accounts.add("boris", "hash", None)
            async with SqlUnitOfWork(mine, clock)() as db:
                await db.accounts.add("boris", "hash", None)
                assert [one.username for one in await db.accounts.all()] == ["anna", "boris"]
        finally:
            await other.close()
            await mine.close()

    @pytest.mark.parametrize(
        "url",
        [
            "",
            "nonsense",
            "postgresql+asyncpg://u:hush@h/d",
            "mysql://u:hush@h/d",
            "sqlite:///x.db",
            "sqlite+aiosqlite://",
            "sqlite+aiosqlite:///:memory:",
        ],
    )
    def test_an_unknown_engine_is_named_without_its_password(self, url: str) -> None:
        with pytest.raises(NotConfigured, match="MAIN_DB_URL") as caught:
            open_database(url)
        assert "hush" not in str(caught.value)
        assert "\n" not in str(caught.value)
