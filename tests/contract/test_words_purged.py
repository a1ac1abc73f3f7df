"""What the index of words keeps of messages that are gone: nothing."""

import sqlite3
from pathlib import Path

from adapters.memory.clock import ManualClock
from adapters.sql.engine import Database
from adapters.sql.remains import SqlRemains
from adapters.sql.unit_of_work import SqlUnitOfWork
from domain.account import Account
from domain.conversation.conversation import ConversationDraft, MessageDraft, Sender
from domain.fulltext.query import terms
from domain.ids import ConversationId, MessageId

MARK, OTHER = "marigold", "nettle"


class Shed:
    """Two users with a word each."""

    def __init__(self, database: Database) -> None:
        self.work = SqlUnitOfWork(database, ManualClock())

    async def account(self, name: str) -> Account:
        async with self.work() as db:
            return await db.accounts.add(name, "hash", None)

    async def say(self, owner: Account, *texts: str) -> tuple[ConversationId, list[MessageId]]:
        async with self.work() as db:
            talk = await db.conversations.open(owner.id, ConversationDraft())
            keys = [
                await db.conversations.add_message(
                    owner.id, talk.id, Sender.USER, MessageDraft(message=text)
                )
                for text in texts
            ]
        return talk.id, keys

    async def finds(self, owner: Account, word: str) -> int:
        async with self.work() as db:
            return len(await db.fulltext.hits(owner.id, terms(word), 10))


def bytes_of(folder: Path) -> bytes:
    connection = sqlite3.connect(folder / "main.db")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return (folder / "main.db").read_bytes()


async def test_no_byte_of_a_removed_message_stays(
    sqlite_database: Database, tmp_path: Path
) -> None:
    shed = Shed(sqlite_database)
    anna = await shed.account("anna")
    first, keys = await shed.say(anna, f"a {MARK}", "kept")
    second, _ = await shed.say(anna, f"{OTHER} here")
    for number in range(20):
        await shed.say(anna, f"something else {number}")
    assert {MARK.encode() in bytes_of(tmp_path), OTHER.encode() in bytes_of(tmp_path)} == {True}
    async with shed.work() as db:
        await db.conversations.remove_messages(anna.id, first, (keys[0],))
    assert MARK.encode() not in bytes_of(tmp_path)
    async with shed.work() as db:
        await db.conversations.remove(anna.id, second)
    assert OTHER.encode() not in bytes_of(tmp_path)
    assert await shed.finds(anna, "kept") == 1


async def test_the_index_is_whole_after_the_end_of_an_account(database: Database) -> None:
    shed = Shed(database)
    anna, boris = await shed.account("anna"), await shed.account("boris")
    await shed.say(anna, *[f"a {MARK}"] * 3)
    await shed.say(boris, f"a {OTHER}")
    async with shed.work() as db:
        await db.accounts.remove(anna.id)
    await SqlRemains(database).forget(anna)
    await SqlRemains(database).forget(anna)
    assert (await shed.finds(anna, MARK), await shed.finds(boris, OTHER)) == (0, 1)
    await shed.say(boris, f"another {OTHER}")
    assert await shed.finds(boris, OTHER) == 2
