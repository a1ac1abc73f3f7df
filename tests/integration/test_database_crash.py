"""A database server that loses its power in the middle of a run of writes."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from uuid import uuid4

import pytest

from adapters.sql import migrations
from adapters.sql.engine import Database, open_database
from adapters.sql.unit_of_work import SqlUnitOfWork
from adapters.system.clock import SystemClock
from application.history.write_messages import StoreMessages
from domain.conversation.conversation import ConversationDraft, MessageDraft
from domain.ids import ConversationId, UserId
from domain.storage_errors import OutcomeUnknown, StorageUnavailable
from tests.contract.conftest import tell_server
from tests.simulators.mariadb import PrivateMariaDB

pytestmark = pytest.mark.integration

WRITERS = 4
MESSAGES = 10
"""Of each writer before the crash, about, and again after it."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateMariaDB]:
    with PrivateMariaDB(tmp_path_factory.mktemp("mariadb")) as running:
        yield running


@pytest.fixture
async def database(server: PrivateMariaDB) -> AsyncIterator[Database]:
    tell_server(server.address, "CREATE DATABASE parley CHARACTER SET utf8mb4")
    url = server.address.set(database="parley").render_as_string(hide_password=False)
    await migrations.upgrade("main", url)
    opened = open_database(url)
    yield opened
    await opened.close()


class Writer:
    """Stores one message after the other, and sends again what it knows is not stored."""

    def __init__(self, store: StoreMessages, user: UserId) -> None:
        self._store = store
        self._user = user
        self.talk = ConversationId(str(uuid4()))
        self.acknowledged: list[str] = []
        self.doubtful: set[str] = set()

    async def write(self, text: str) -> None:
        """Return once the message is acknowledged, or may be stored."""
        draft = ConversationDraft(id=self.talk)
        while True:
            try:
                await self._store(self._user, draft, MessageDraft(message=text), MessageDraft())
            except StorageUnavailable:
                await asyncio.sleep(0.02)
            except OutcomeUnknown:
                self.doubtful.add(text)
                return
            else:
                self.acknowledged.append(text)
                return


async def test_nothing_acknowledged_is_lost_and_nothing_is_there_twice(
    server: PrivateMariaDB, database: Database
) -> None:
    clock = SystemClock()
    work = SqlUnitOfWork(database, clock)
    async with work() as db:
        anna = (await db.accounts.add("anna", "hash", None)).id
    writers = [Writer(StoreMessages(work), anna) for _ in range(WRITERS)]
    for writer in writers:
        async with work() as db:
            await db.conversations.open(anna, ConversationDraft(id=writer.talk))
    killed = asyncio.Event()
    written = asyncio.Semaphore(0)

    async def keep_writing(writer: Writer) -> None:
        number = 0
        while not killed.is_set():
            await writer.write(f"before {number}")
            written.release()
            number += 1
        for number in range(MESSAGES):
            await writer.write(f"after {number}")

    async with asyncio.TaskGroup() as tasks:
        for writer in writers:
            tasks.create_task(keep_writing(writer))
        for _ in range(WRITERS * MESSAGES):
            await written.acquire()
        await asyncio.to_thread(server.kill)
        killed.set()
        await asyncio.to_thread(server.start)

    for writer in writers:
        async with work() as db:
            rows = await db.conversations.every_message(anna, writer.talk)
        stored = [row.message or "" for row in rows]
        assert len(stored) == len(set(stored))
        assert [text for text in stored if text not in writer.doubtful] == writer.acknowledged
        assert {f"after {number}" for number in range(MESSAGES)} <= set(writer.acknowledged)
