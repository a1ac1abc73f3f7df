"""Walks the versions of the tables up and down, on every engine."""

import multiprocessing
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import inspect, make_url, text
from sqlalchemy.exc import IntegrityError

from adapters.memory.clock import ManualClock
from adapters.sql import migrations
from adapters.sql.engine import open_database
from adapters.sql.tables.naming import SINCE
from adapters.sql.unit_of_work import SqlUnitOfWork
from domain.conversation.conversation import ConversationDraft, MessageDraft, Sender
from domain.errors import NotConfigured
from domain.fulltext.query import terms
from domain.ids import ConversationId, UserId
from domain.storage_errors import StorageError, StorageUnavailable
from entrypoints.cli.migrate import migrate
from tests.contract.conftest import MYSQL, mysql_server, run_apart, scratch_database
from tests.integration.upgrading import upgrade_in_a_process

VERSIONS = migrations.versions("main")
OTHERS = ("garmin", "blood", "ufc")
OLD_MESSAGE = (
    "INSERT INTO ChatMessagesNG (session_id, customer_id, sender, message, is_tts,"
    " is_gps_location_message, show_transcribe_button, favorite, test_mode, created_at) VALUES"
    " ('s', 1, 'AI', 'kept', 0, 0, 0, 0, 0, '2024-05-01 10:00:00')"
)
OLD_SESSION = (
    "INSERT INTO ChatSessionsNG (session_id, customer_id, auto_trigger_tts, created_at,"
    " last_update) VALUES ('s', 1, 0, '2024-05-01 10:00:00', '2024-05-01 10:00:00')"
)


@pytest.fixture
def sqlite_empty(tmp_path: Path) -> str:
    # The driver's URL and alembic's settings both treat % in their own way.
    return f"sqlite+aiosqlite:///{tmp_path}/new/folder/main.db"


@pytest.fixture
def mysql_empty() -> Iterator[str]:
    with mysql_server() as address, scratch_database(address) as url:
        yield url


@pytest.fixture(params=["sqlite", MYSQL])
def url(request: pytest.FixtureRequest) -> str:
    return request.getfixturevalue(f"{request.param}_empty")


async def run(url: str, *statements: str) -> None:
    database = open_database(url)
    try:
        async with database.engine.begin() as connection:
            for statement in statements:
                await connection.execute(text(statement))
    finally:
        await database.close()


async def tables(url: str, of: str = "main") -> set[str]:
    database = open_database(url)
    async with database.engine.connect() as connection:
        found = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
    await database.close()
    return set(found) - {migrations.version_table(of)}


async def rows_of(url: str, table: str) -> int:
    database = open_database(url)
    async with database.engine.connect() as connection:
        found = await connection.scalar(text(f"SELECT count(*) FROM {table}"))
    await database.close()
    return int(found or 0)


async def each_work(database: str, url: str) -> None:
    """Fail as one, where each of them fails in the same words."""
    told: set[str] = set()
    for work in (
        migrations.upgrade(database, url),
        migrations.stamp(database, url, "0001"),
        migrations.check(database, url),
        migrations.downgrade(database, url, migrations.BASE),
    ):
        with pytest.raises(StorageError) as caught:
            await work
        told.add(str(caught.value))
    assert len(told) == 1
    raise caught.value


def each_says(words: str, *names: str) -> str:
    return "\n".join(f"{name}: {words}" for name in names or migrations.METADATA)


def user(key: int, name: str, email: str | None) -> str:
    address = "NULL" if email is None else f"'{email}'"
    return (
        "INSERT INTO Users (customer_id, username, password, email)"
        f" VALUES ({key}, '{name}', 'hash', {address})"
    )


async def test_every_step_up_and_down(url: str) -> None:
    for version in VERSIONS:
        assert await migrations.upgrade("main", url, version)
        assert await migrations.current("main", url) == version
    assert await migrations.check("main", url) == []
    for version in [*reversed(VERSIONS[:-1]), migrations.BASE]:
        await migrations.downgrade("main", url, version)
        assert await migrations.current("main", url) == (
            None if version == migrations.BASE else version
        )
    assert await tables(url) == set()
    assert await migrations.upgrade("main", url)
    assert await migrations.check("main", url) == []


async def test_rows_live_through_every_step(url: str) -> None:
    await migrations.upgrade("main", url, "0001")
    await run(url, user(1, "anna", ""), user(2, "boris", ""), OLD_SESSION, OLD_MESSAGE)
    await migrations.upgrade("main", url)
    await migrations.downgrade("main", url, "0001")
    await migrations.upgrade("main", url)
    assert await migrations.check("main", url) == []

    database = open_database(url)
    async with SqlUnitOfWork(database, ManualClock())() as db:
        anna, boris = await db.accounts.all()
        assert (anna.username, anna.email, boris.email) == ("anna", None, None)
        talk = await db.conversations.open(anna.id, ConversationDraft())
        await db.conversations.add_message(
            anna.id, talk.id, Sender.AI, MessageDraft(message="x" * 100_000)
        )
        old = await db.conversations.messages(UserId(1), (talk.id,))
        assert len(old[talk.id]) == 1
    async with database.engine.connect() as connection:
        kept = await connection.scalar(
            text("SELECT message FROM ChatMessagesNG WHERE session_id = 's'")
        )
    await database.close()
    assert kept == "kept"


async def test_moments_that_sqlite_takes_and_nobody_reads_are_put_right(sqlite_empty: str) -> None:
    odd = {
        "0000-00-00 00:00:00": "1970-01-01 00:00:00",
        "2020-00-10": "1970-01-01 00:00:00",
        "2020-02-31 10:00:00": "2020-03-02 10:00:00",
        "": "1970-01-01 00:00:00",
        "some day": "1970-01-01 00:00:00",
        "2024-05-01": "2024-05-01 00:00:00",
        "2024-05-01T12:00:00+02:00": "2024-05-01 10:00:00",
        "2024-05-01 10:00:00.123456": "2024-05-01 10:00:00.123456",
    }
    await migrations.upgrade("main", sqlite_empty, "0001")
    said = [OLD_MESSAGE.replace("2024-05-01 10:00:00", at) for at in odd]
    await run(sqlite_empty, user(1, "anna", ""), OLD_SESSION, *said)
    await migrations.upgrade("main", sqlite_empty)
    database = open_database(sqlite_empty)
    async with SqlUnitOfWork(database, ManualClock())() as db:
        found = await db.conversations.every_message(UserId(1), ConversationId("s"))
    await database.close()
    read = [one.created_at for one in sorted(found, key=lambda one: one.message_id)]
    assert read == [datetime.fromisoformat(at).replace(tzinfo=UTC) for at in odd.values()]


async def test_going_down_leaves_the_branch_that_was_shown(url: str) -> None:
    await migrations.upgrade("main", url)
    database = open_database(url)
    work = SqlUnitOfWork(database, ManualClock())
    async with work() as db:
        anna = await db.accounts.add("anna", "hash", None)
        talk = await db.conversations.open(anna.id, ConversationDraft())
        key = await db.conversations.add_message(
            anna.id, talk.id, Sender.USER, MessageDraft(message="shown")
        )
        await db.conversations.keep_version(anna.id, talk.id, key)
    await migrations.downgrade("main", url, "0003")
    await migrations.upgrade("main", url)
    async with work() as db:
        [left] = await db.conversations.every_message(anna.id, talk.id)
    await database.close()
    assert (left.message_id, left.replaced) == (key, False)


async def test_messages_that_are_there_are_found_by_their_words(url: str) -> None:
    await migrations.upgrade("main", url, "0005")
    old = OLD_MESSAGE.replace("'kept'", "'Ein Café, %d'")
    said = [old % number for number in range(1, 4)]
    await run(url, user(1, "anna", ""), OLD_SESSION, *said)
    await run(url, "UPDATE ChatMessagesNG SET replaced = 1 WHERE message_id = 1")
    await run(url, "UPDATE ChatMessagesNG SET state = 'running' WHERE message_id = 2")
    await migrations.upgrade("main", url)
    database = open_database(url)
    async with SqlUnitOfWork(database, ManualClock())() as db:
        found = await db.fulltext.hits(UserId(1), terms("cafe"), 10)
    await database.close()
    assert [hit.message for hit in found] == [3]
    await migrations.downgrade("main", url, "0005")
    assert "ChatMessageWords" not in await tables(url)


async def test_messages_that_are_there_are_found_by_their_phrases(url: str) -> None:
    async def says(key: int) -> None:
        await run(
            url,
            OLD_MESSAGE.replace("'kept'", "'One old owl'"),
            f"INSERT INTO ChatMessageWords VALUES ({key}, 'u1_one u1_old u1_owl')",
        )

    await migrations.upgrade("main", url, "0009")
    await run(url, user(1, "anna", ""), OLD_SESSION)
    await says(1)
    await migrations.upgrade("main", url)
    await migrations.downgrade("main", url, "0009")
    await says(2)
    await migrations.upgrade("main", url)
    database = open_database(url)
    async with SqlUnitOfWork(database, ManualClock())() as db:
        found = await db.fulltext.hits(UserId(1), terms('"old owl"'), 10)
        apart = await db.fulltext.hits(UserId(1), terms('"one owl"'), 10)
    await database.close()
    assert [hit.message for hit in found] == [2, 1]
    assert apart == []


async def test_arabic_words_that_are_there_are_found_without_their_vowels(url: str) -> None:
    await migrations.upgrade("main", url, "0010")
    said = OLD_MESSAGE.replace("'kept'", "'كِتَابٌ جديد'")
    held = "u1_ك_650ت_64e\u0627ب_64c u1_جديد"
    await run(
        url,
        user(1, "anna", ""),
        OLD_SESSION,
        said,
        f"INSERT INTO ChatMessageWords VALUES (1, '{held}', NULL)",
        OLD_MESSAGE.replace("'kept'", "'ـــ'"),
        "INSERT INTO ChatMessageWords VALUES (2, 'u1_ـــ', NULL)",
    )
    await migrations.upgrade("main", url)
    database = open_database(url)
    async with SqlUnitOfWork(database, ManualClock())() as db:
        found = [await db.fulltext.hits(UserId(1), terms(q), 10) for q in ("كتاب", '"كتاب جديد"')]
    await database.close()
    assert [[hit.message for hit in hits] for hits in found] == [[1], [1]]
    assert await migrations.check("main", url) == []
    await migrations.downgrade("main", url, "0010")


async def test_the_current_version_is_left_alone(url: str) -> None:
    assert await migrations.upgrade("main", url)
    assert not await migrations.upgrade("main", url)


async def test_doubled_names_are_listed_before_anything_changes(url: str) -> None:
    await migrations.upgrade("main", url, "0001")
    await run(
        url,
        user(3, "anna", "a@example.org"),
        user(7, "Anna", None),
        user(9, "boris", "A@example.org"),
    )
    with pytest.raises(StorageError, match=r"Users.username .*customer_id 3, 7\.") as caught:
        await migrations.upgrade("main", url)
    assert "\n" not in str(caught.value)
    assert await migrations.current("main", url) == "0001"
    assert "ChatTurns" not in await tables(url)
    await run(url, "UPDATE Users SET username = 'other' WHERE customer_id = 7")
    with pytest.raises(StorageError, match=r"Users.email .*customer_id 3, 9\."):
        await migrations.upgrade("main", url)
    await run(url, "UPDATE Users SET email = NULL WHERE customer_id = 9")
    assert await migrations.upgrade("main", url)
    assert await migrations.check("main", url) == []


async def test_tables_of_an_earlier_server_are_taken_over_by_a_stamp(url: str) -> None:
    await migrations.upgrade("main", url, "0001")
    await run(url, f"DROP TABLE {migrations.version_table('main')}")
    await run(url, "CREATE TABLE automation_requests (id INTEGER PRIMARY KEY)")
    await run(url, "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
    await run(url, "INSERT INTO alembic_version VALUES ('of somebody else')")
    with pytest.raises(StorageError, match="parley migrate stamp --to 0001"):
        await migrations.upgrade("main", url)
    await migrations.stamp("main", url, "0001")
    assert await migrations.upgrade("main", url)
    assert await migrations.check("main", url) == []
    assert {"automation_requests", "alembic_version"} <= await tables(url)


async def test_the_tables_of_a_version_are_known(url: str) -> None:
    known = migrations.METADATA["main"].tables
    for version in VERSIONS:
        await migrations.upgrade("main", url, version)
        made = {name for name, table in known.items() if table.info[SINCE] <= version}
        assert made == await tables(url) & known.keys(), version


@pytest.mark.parametrize("version", ["0001", VERSIONS[-1]])
async def test_no_version_is_written_down_whose_tables_are_missing(url: str, version: str) -> None:
    with pytest.raises(StorageError, match=f"none of the tables of version {version}"):
        await migrations.stamp("main", url, version)
    assert await migrations.current("main", url) is None
    assert await migrations.upgrade("main", url)
    assert await migrations.check("main", url) == []


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_table_that_is_missing_is_named_with_the_way_out(url: str, version: str) -> None:
    await migrations.upgrade("main", url, version)
    await run(url, user(1, "anna", ""), OLD_SESSION, "DROP TABLE Prompts")
    for work in (
        migrations.upgrade("main", url),
        migrations.stamp("main", url, version),
    ):
        with pytest.raises(StorageError, match=rf"lacks tables of version {version}: Prompts\."):
            await work
    assert await migrations.current("main", url) == version
    await migrations.stamp("main", url, migrations.BASE)
    assert await migrations.upgrade("main", url)
    assert await migrations.check("main", url) == []
    assert await rows_of(url, "ChatSessionsNG") == 1


async def test_going_down_needs_the_tables_that_stay(url: str) -> None:
    await migrations.upgrade("main", url)
    await run(url, "DROP TABLE Prompts")
    with pytest.raises(StorageError, match=r"lacks tables of version 0001: Prompts\. "):
        await migrations.downgrade("main", url, "0001")
    await migrations.downgrade("main", url, migrations.BASE)
    assert await tables(url) == set()


async def test_the_way_out_goes_from_the_newest_version_too(url: str) -> None:
    await migrations.upgrade("main", url)
    database = open_database(url)
    async with SqlUnitOfWork(database, ManualClock())() as db:
        anna = await db.accounts.add("anna", "hash", None)
        talk = await db.conversations.open(anna.id, ConversationDraft())
        said = MessageDraft(message="a marigold")
        await db.conversations.add_message(anna.id, talk.id, Sender.USER, said)
    await run(url, "DROP TABLE VideoJobs")
    await migrations.stamp("main", url, migrations.BASE)
    assert await migrations.upgrade("main", url)
    assert await migrations.check("main", url) == []
    async with SqlUnitOfWork(database, ManualClock())() as db:
        assert len(await db.fulltext.hits(anna.id, terms("marigold"), 10)) == 1
    await database.close()


async def test_a_version_of_a_newer_release_is_told(url: str) -> None:
    await migrations.upgrade("main", url)
    await run(url, f"UPDATE {migrations.version_table('main')} SET version_num = '0999'")
    for work in (
        migrations.upgrade("main", url),
        migrations.downgrade("main", url, "0001"),
        migrations.check("main", url),
    ):
        with pytest.raises(StorageError, match="at version 0999, which this release does not know"):
            await work
    await migrations.stamp("main", url, migrations.HEAD)
    assert await migrations.check("main", url) == []


async def test_no_step_up_leads_down_and_none_down_leads_up(url: str) -> None:
    assert not await migrations.downgrade("main", url, "0001")
    await migrations.upgrade("main", url, "0003")
    assert not await migrations.downgrade("main", url, "0003")
    assert not await migrations.downgrade("main", url, "0004")
    assert not await migrations.upgrade("main", url, "0002")
    assert await migrations.current("main", url) == "0003"


async def test_an_interrupted_upgrade_goes_on(url: str) -> None:
    await migrations.upgrade("main", url, "0001")
    await run(
        url,
        "ALTER TABLE ChatMessagesNG ADD COLUMN state VARCHAR(16)",
        "CREATE UNIQUE INDEX uq_Users_username ON Users (username)",
    )
    assert await migrations.upgrade("main", url)
    assert await migrations.check("main", url) == []


async def test_a_difference_is_told(url: str) -> None:
    await migrations.upgrade("main", url)
    await run(url, "ALTER TABLE Prompts ADD COLUMN extra VARCHAR(5)")
    await run(url, "DROP TABLE VideoJobs")
    assert await migrations.check("main", url) == [
        "main: table VideoJobs is missing",
        "main: column Prompts.extra is not expected",
    ]
    await migrations.downgrade("main", url, "0001")
    assert await migrations.check("main", url) == [
        "main is at version 0001, not 0011: run parley migrate upgrade"
    ]


async def test_an_unknown_version_is_refused_with_the_known_ones(url: str) -> None:
    with pytest.raises(
        StorageError,
        match="no version '9999' of main; known: 0001, 0002, 0003, 0004, 0005, 0006, 0007, 0008, "
        "0009, 0010, 0011",
    ):
        await migrations.upgrade("main", url, "9999")


async def test_a_server_that_is_away_is_told() -> None:
    with pytest.raises(StorageUnavailable, match="GARMIN_DB_URL: the database is not available"):
        await each_work("garmin", "mysql+aiomysql://u@127.0.0.1:1/x")


async def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    file = tmp_path / "main.db"
    file.write_text("Letters, and no tables. " * 100)
    with pytest.raises(StorageError, match="MAIN_DB_URL: the file is no SQLite database"):
        await each_work("main", f"sqlite+aiosqlite:///{file}")
    assert file.read_text().startswith("Letters")


@pytest.mark.requires_mysql
async def test_a_server_that_will_not_have_us_is_told(tmp_path: Path) -> None:
    with mysql_server() as address:
        here = make_url(address).set(database="parley_nowhere")
        for url, why in (
            (here, "MAIN_DB_URL: the server has no such database; make it"),
            (here.set(username="parley_nobody"), "does not take this user and password"),
        ):
            with pytest.raises(StorageError, match=why) as told:
                await each_work("main", url.render_as_string(hide_password=False))
            assert not isinstance(told.value, StorageUnavailable)
    with pytest.raises(NotConfigured, match="MAIN_DB_URL must name"):
        await migrations.upgrade("main", "mysql+aiomysql://u@127.0.0.1:3306")
    with pytest.raises(StorageError, match="is a folder, and no database"):
        await migrations.upgrade("main", f"sqlite+aiosqlite:///{tmp_path}")


def test_processes_that_start_at_once_share_the_work(url: str) -> None:
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=upgrade_in_a_process, args=(url,)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0, 0]
    run_apart(lambda: expect_no_difference(url))


async def expect_no_difference(url: str) -> None:
    assert await migrations.check("main", url) == []


@pytest.mark.parametrize("database", migrations.METADATA)
def test_the_files_names_tell_their_order(database: str) -> None:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    root = Path(migrations.__file__).resolve().parents[3]
    scripts = ScriptDirectory.from_config(Config(root / "alembic.ini", ini_section=database))
    walked = [script.revision for script in scripts.walk_revisions()]
    assert list(reversed(walked)) == migrations.versions(database)
    assert scripts.get_current_head() == walked[0]


@pytest.mark.parametrize("database", OTHERS)
async def test_the_other_databases_begin_with_nothing(database: str, url: str) -> None:
    assert await migrations.upgrade(database, url)
    assert await migrations.check(database, url) == []
    assert await tables(url, database) == set()
    await migrations.downgrade(database, url, migrations.BASE)
    assert await migrations.current(database, url) is None


async def test_all_databases_may_share_one_schema(url: str) -> None:
    for database in migrations.METADATA:
        assert await migrations.upgrade(database, url)
    for database in migrations.METADATA:
        assert await migrations.check(database, url) == []


async def test_names_stay_unique_in_any_case_through_the_new_table_of_users(
    sqlite_empty: str,
) -> None:
    await migrations.upgrade("main", sqlite_empty, "0004")
    await run(sqlite_empty, user(4, "anna", "a@example.org"), user(9, "boris", None))
    await migrations.upgrade("main", sqlite_empty)
    await run(sqlite_empty, "DELETE FROM Users WHERE customer_id = 9")
    for doubled in (user(5, "ANNA", None), user(5, "carla", "A@EXAMPLE.ORG")):
        with pytest.raises(IntegrityError):
            await run(sqlite_empty, doubled)
    database = open_database(sqlite_empty)
    async with SqlUnitOfWork(database, ManualClock())() as db:
        carla = await db.accounts.add("carla", "hash", None)
        anna = await db.accounts.get(UserId(4))
    await database.close()
    assert carla.id > 9
    assert (anna.username, anna.token_version) == ("anna", 0)
    await migrations.downgrade("main", sqlite_empty, "0004")
    with pytest.raises(IntegrityError):
        await run(sqlite_empty, user(5, "ANNA", None))


class TestCommands:
    @pytest.fixture
    def parley(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> CliRunner:
        # Another folder: the commands must find the versions from anywhere.
        monkeypatch.chdir(tmp_path)
        monkeypatch.delenv("PARLEY_ENV", raising=False)
        for name in migrations.METADATA:
            url = f"sqlite+aiosqlite:///{tmp_path}/50%/{name}.db"
            monkeypatch.setenv(f"{name.upper()}_DB_URL", url)
        return CliRunner()

    def test_up_check_down(self, parley: CliRunner) -> None:
        for arguments, said in (
            (["upgrade", "--to", "0001"], each_says("upgraded to 0001")),
            (["upgrade", "--database", "ufc"], "ufc: nothing to do"),
            (["upgrade"], "main: upgraded to head\n" + each_says("nothing to do", *OTHERS)),
            (["upgrade", "--database", "main"], "main: nothing to do"),
            (["check"], "the tables are as expected"),
            (
                ["downgrade", "--to", "0001"],
                "main: now at 0001\n" + each_says("nothing to do", *OTHERS),
            ),
            (["stamp", "--to", "0001", "--database", "main"], "main: stamped 0001"),
            (["stamp"], "all: stamped 0001"),
            (["downgrade", "--to", "base"], each_says("now at base")),
            (["downgrade", "--to", "base"], each_says("nothing to do")),
        ):
            result = parley.invoke(migrate, arguments)
            assert (result.exit_code, result.output.strip()) == (0, said)

    def test_no_database_is_changed_when_one_lacks_the_version(self, parley: CliRunner) -> None:
        parley.invoke(migrate, ["upgrade"])
        refused = parley.invoke(migrate, ["downgrade", "--to", "0002"])
        assert refused.exit_code == 1
        assert "no version '0002' of garmin; known: 0001. Name one by --database." in refused.output
        assert parley.invoke(migrate, ["check"]).exit_code == 0
        named = parley.invoke(migrate, ["downgrade", "--to", "0002", "--database", "main"])
        assert named.output == "main: now at 0002\n"

    def test_what_serving_has_made_passes_the_check(self, parley: CliRunner) -> None:
        parley.invoke(migrate, ["upgrade", "--database", "main"])
        checked = parley.invoke(migrate, ["check"])
        assert (checked.exit_code, checked.output) == (0, "the tables are as expected\n")

    def test_asking_makes_no_database(self, parley: CliRunner, tmp_path: Path) -> None:
        for asked in (["check"], ["stamp"], ["downgrade", "--to", "base"]):
            parley.invoke(migrate, asked)
        assert not [*tmp_path.rglob("*.db")]

    def test_failures_are_one_line(self, parley: CliRunner) -> None:
        for arguments, said in (
            (["check", "--database", "main"], "main is at version base, not 0011"),
            (["check", "--database", "blood"], "blood is at version base, not 0001"),
            (["upgrade", "--to", "9999"], "There is no version '9999'"),
            (["stamp"], "none of the tables of version 0001"),
        ):
            result = parley.invoke(migrate, arguments)
            assert result.exit_code == 1
            assert said in result.output
            assert result.output.count("\n") == 1
