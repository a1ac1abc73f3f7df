"""What every store of users promises."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import JSON, Column, Enum, Integer, RowMapping, String, Text, select, text

from adapters.memory.clock import ManualClock
from adapters.sql.dialect import Moment
from adapters.sql.engine import Database
from adapters.sql.json_columns import Shaped
from adapters.sql.tables.chat import messages, metadata, words
from adapters.sql.unit_of_work import SqlUnitOfWork
from application.ports.unit_of_work import UnitOfWork
from domain.account import Account
from domain.conversation.conversation import ConversationDraft, MessageDraft, Sender
from domain.errors import AccountNotFound, AlreadyExists, ConversationNotFound
from domain.ids import ConversationId, TurnId, UserId
from domain.storage_errors import StorageError
from domain.turn.metering import Metering
from domain.turn.record import TurnRecord
from domain.usage import billed

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


async def added(work: UnitOfWork, username: str, email: str | None = None) -> Account:
    async with work() as db:
        return await db.accounts.add(username, "hash", email)


async def named(work: UnitOfWork, name: str) -> Account | None:
    async with work() as db:
        return await db.accounts.named(name)


async def test_an_account_reads_back_as_it_was_added(work: UnitOfWork, clock: ManualClock) -> None:
    anna = await added(work, "anna", "anna@example.org")
    async with work() as db:
        assert await db.accounts.get(anna.id) == anna
    assert anna.created_at == clock.now()
    assert anna.password_hash == "hash"


async def test_ids_differ_and_the_list_ascends(work: UnitOfWork) -> None:
    accounts = [await added(work, name) for name in ("zoe", "anna", "mia")]
    async with work() as db:
        assert await db.accounts.all() == accounts
    assert len({account.id for account in accounts}) == 3


@pytest.mark.parametrize("name", ["Anna", "ANNA", "anna@example.ORG", "Anna@Example.org"])
async def test_username_and_email_both_name_an_account_in_any_case(
    work: UnitOfWork, name: str
) -> None:
    anna = await added(work, "anna", "Anna@example.org")
    assert await named(work, name) == anna


@pytest.mark.parametrize("name", ["ÉLODIE", "élodie", "Élodie"])
async def test_case_does_not_count_in_letters_beyond_ascii(work: UnitOfWork, name: str) -> None:
    elodie = await added(work, "Élodie")
    assert await named(work, name) == elodie


async def test_accents_do_count(work: UnitOfWork) -> None:
    await added(work, "élodie")
    assert await named(work, "elodie") is None


@pytest.mark.parametrize("name", ["", "nobody", "ann", "anna%", "anna' OR '1'='1", "ann_"])
async def test_other_names_name_nobody(work: UnitOfWork, name: str) -> None:
    await added(work, "anna", None)
    assert await named(work, name) is None


@pytest.mark.parametrize(
    ("username", "email"),
    [
        ("anna", None),
        ("ANNA", None),
        ("other", "anna@example.org"),
        ("other", "ANNA@example.org"),
        ("anna@example.org", None),
        ("other", "anna"),
    ],
)
async def test_a_taken_name_is_refused(work: UnitOfWork, username: str, email: str | None) -> None:
    anna = await added(work, "anna", "anna@example.org")
    with pytest.raises(AlreadyExists, match="taken"):
        await added(work, username, email)
    async with work() as db:
        assert await db.accounts.all() == [anna]


async def test_any_number_of_accounts_have_no_email(work: UnitOfWork) -> None:
    for name in ("anna", "boris"):
        await added(work, name, None)
    for name in ("carla", "dora"):
        assert (await added(work, name, "")).email is None


async def test_a_new_password_replaces_the_old(work: UnitOfWork) -> None:
    anna = await added(work, "anna")
    async with work() as db:
        await db.accounts.set_password(anna.id, "new")
        await db.accounts.set_password(anna.id, "new")
    async with work() as db:
        assert (await db.accounts.get(anna.id)).password_hash == "new"


async def test_a_missing_account_is_not_found(work: UnitOfWork) -> None:
    nobody = UserId(4711)
    async with work() as db:
        with pytest.raises(AccountNotFound):
            await db.accounts.get(nobody)
        with pytest.raises(AccountNotFound):
            await db.accounts.set_password(nobody, "hash")


async def test_versions_of_tokens_only_rise(work: UnitOfWork) -> None:
    anna, boris = await added(work, "anna"), await added(work, "boris")
    async with work() as db:
        await db.accounts.revoke_tokens(anna.id)
        await db.accounts.revoke_tokens(anna.id)
    async with work() as db:
        wanted = {anna.id, boris.id, UserId(4711)}
        assert await db.accounts.token_versions(wanted) == {anna.id: 2, boris.id: 0}
        assert await db.accounts.token_versions(()) == {}
        assert (await db.accounts.get(anna.id)).token_version == 2
        with pytest.raises(AccountNotFound):
            await db.accounts.revoke_tokens(UserId(4711))


async def test_an_id_is_never_given_twice(work: UnitOfWork) -> None:
    await added(work, "anna")
    boris = await added(work, "boris")
    async with work() as db:
        await db.accounts.remove(boris.id)
    carla = await added(work, "boris")
    assert carla.id > boris.id
    async with work() as db:
        with pytest.raises(AccountNotFound):
            await db.accounts.get(boris.id)
        with pytest.raises(AccountNotFound):
            await db.accounts.remove(boris.id)


async def planted(work: UnitOfWork, user: UserId, turn: str) -> ConversationId:
    """Leave something of a user in every store."""
    async with work() as db:
        talk = await db.conversations.open(user, ConversationDraft())
        said = await db.conversations.add_message(
            user, talk.id, Sender.USER, MessageDraft(message="a word")
        )
        record = TurnRecord(
            turn=TurnId(turn),
            user=user,
            fingerprint="f",
            conversation=talk.id,
            question=said,
            started_at=NOON,
        )
        await db.turns.add(record)
        await db.usage.put(billed(record.turn, user, Metering(model="m", provider="p"), NOON))
        await db.prompts.add(user, "a title", "a prompt")
    return talk.id


async def test_removing_an_account_leaves_nothing_of_it_and_all_of_others(
    work: UnitOfWork,
) -> None:
    anna, boris = await added(work, "anna"), await added(work, "boris")
    mine, theirs = await planted(work, anna.id, "t-1"), await planted(work, boris.id, "t-2")
    async with work() as db:
        await db.accounts.remove(anna.id)
    async with work() as db:
        assert await db.accounts.all() == [boris]
        assert [(r.turn, r.user) for r in await db.turns.running()] == [("t-2", boris.id)]
        for user, talk, left in ((anna.id, mine, 0), (boris.id, theirs, 1)):
            assert len(await db.prompts.all(user)) == left
            assert len(await db.usage.sums(user, NOON, NOON, "day")) == left
            found = await db.conversations.messages(user, (talk,))
            assert len(found.get(talk, ())) == left
        with pytest.raises(ConversationNotFound):
            await db.conversations.get(anna.id, mine)


async def test_whoever_fails_removes_nothing(work: UnitOfWork) -> None:
    anna = await added(work, "anna")
    talk = await planted(work, anna.id, "t-1")

    async def remove_and_fail() -> None:
        async with work() as db:
            await db.accounts.remove(anna.id)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await remove_and_fail()
    async with work() as db:
        assert (await db.conversations.get(anna.id, talk)).owner == anna.id


async def values_of(database: Database) -> dict[str, list[RowMapping]]:
    async with database.engine.connect() as connection:
        return {
            name: list((await connection.execute(select(table))).mappings())
            for name, table in metadata.tables.items()
        }


async def plant(database: Database, user: int, mark: str) -> None:
    """Leave a row of a user with a mark in every table there is."""
    message = 0
    async with database.engine.begin() as connection:
        for table in metadata.sorted_tables:
            row = {
                column.name: sample(column, user, mark)
                for column in table.c
                if not (column.primary_key and isinstance(column.type, Integer))
            }
            if table.name == "Users":
                row["customer_id"] = user
            if table is words:
                row["message_id"] = message
            added = await connection.execute(table.insert().values(row))
            if table is messages:
                message = added.lastrowid


def sample(column: Column[Any], user: int, mark: str) -> object:
    if column.name == "customer_id":
        return user
    if isinstance(column.type, Enum):
        return column.type.enums[0]
    if isinstance(column.type, JSON | Shaped):
        return {mark: [mark]}
    if isinstance(column.type, String | Text):
        return f"{mark} {column.name}"[: column.type.length]
    if isinstance(column.type, Moment):
        return NOON
    return column.type.python_type(1)


async def test_no_table_keeps_a_mark_of_a_removed_account(
    database: Database, clock: ManualClock
) -> None:
    await plant(database, 501, "marigold")
    await plant(database, 502, "nettle")
    before = await values_of(database)
    assert all("marigold" in str(rows) for rows in before.values()), "every table is looked at"
    async with SqlUnitOfWork(database, clock)() as db:
        await db.accounts.remove(UserId(501))
    after = await values_of(database)
    assert "marigold" not in str(after)
    for name, rows in after.items():
        assert rows == [row for row in before[name] if "nettle" in str(row)], name


async def test_rows_of_tables_that_are_not_ours_stand_in_the_way(sqlite_database: Database) -> None:
    async with sqlite_database.engine.begin() as connection:
        await connection.execute(
            text("CREATE TABLE automation_requests (owner INTEGER REFERENCES Users(customer_id))")
        )
    await plant(sqlite_database, 501, "marigold")
    async with sqlite_database.engine.begin() as connection:
        await connection.execute(text("INSERT INTO automation_requests VALUES (501)"))
    work = SqlUnitOfWork(sqlite_database, ManualClock())
    with pytest.raises(StorageError, match="not Parley's"):
        async with work() as db:
            await db.accounts.remove(UserId(501))
    assert "marigold" in str(await values_of(sqlite_database))


async def test_a_bcrypt_hash_is_found_as_long_as_there_is_one(
    database: Database, clock: ManualClock
) -> None:
    work = SqlUnitOfWork(database, clock)
    async with work() as db:
        await db.accounts.add("anna", "$argon2id$v=19$…", None)
        assert await db.accounts.adopted_hash() is None
        boris = await db.accounts.add("boris", "$2b$12$older", None)
        assert await db.accounts.adopted_hash() == "$2b$12$older"
        await db.accounts.set_password(boris.id, "$argon2id$v=19$…")
        assert await db.accounts.adopted_hash() is None
