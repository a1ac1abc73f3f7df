"""A database that somebody has to mend first: what is said of it, and that it heals by itself."""

import shutil
import traceback
from pathlib import Path

import pymysql
import pytest
from sqlalchemy import make_url
from sqlalchemy.exc import OperationalError

from adapters.memory.clock import ManualClock
from adapters.sql.engine import Database, open_database
from adapters.sql.failures import Stage, translated
from adapters.sql.unit_of_work import SqlUnitOfWork
from domain.storage_errors import StorageError, StorageRefused, StorageUnavailable


@pytest.fixture
def file(sqlite_url: str) -> Path:
    return Path(str(make_url(sqlite_url).database))


async def add(work: SqlUnitOfWork, name: str) -> None:
    await work.run(lambda db: db.accounts.add(name, "hash", None))


async def names(work: SqlUnitOfWork) -> list[str]:
    async with work() as db:
        return [account.username for account in await db.accounts.all()]


def is_there(file: Path) -> bool:
    return file.exists()


def damage(file: Path) -> None:
    content = file.read_bytes()
    file.write_bytes(content[:100] + b"\xff" * (len(content) - 100))


def move(file: Path, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    for each in file.parent.glob(f"{file.name}*"):
        each.rename(folder / each.name)


class TestItsFile:
    async def test_nothing_is_acknowledged_that_goes_into_a_file_which_was_moved_away(
        self, sqlite_work: SqlUnitOfWork, file: Path, tmp_path: Path
    ) -> None:
        await add(sqlite_work, "anna")
        move(file, tmp_path / "elsewhere")
        with pytest.raises(StorageUnavailable):
            await add(sqlite_work, "boris")
        with pytest.raises(StorageUnavailable):
            await names(sqlite_work)
        assert not is_there(file), "an empty one would look like a loss of everything"

        move(tmp_path / "elsewhere" / file.name, file.parent)
        await add(sqlite_work, "cleo")
        assert await names(sqlite_work) == ["anna", "cleo"]

    async def test_a_copy_that_is_put_in_its_place_is_used_at_once(
        self, sqlite_work: SqlUnitOfWork, file: Path, tmp_path: Path
    ) -> None:
        await add(sqlite_work, "anna")
        copy = tmp_path / "copies"
        copy.mkdir()
        for each in file.parent.glob(f"{file.name}*"):
            shutil.copy(each, copy)
        await add(sqlite_work, "boris")
        move(file, tmp_path / "broken")
        move(copy / file.name, file.parent)
        assert await names(sqlite_work) == ["anna"]

    async def test_a_file_that_never_was_there_is_not_made(
        self, tmp_path: Path, clock: ManualClock
    ) -> None:
        place = tmp_path / "of a # kind?" / "100%.db"
        database = open_database(f"sqlite+aiosqlite:///{str(place).replace('%', '%25')}")
        try:
            with pytest.raises(StorageUnavailable):
                await names(SqlUnitOfWork(database, clock))
        finally:
            await database.close()
        assert not is_there(place)


class TestWhatBlocksIt:
    async def test_a_full_disk(self, sqlite_database: Database, sqlite_work: SqlUnitOfWork) -> None:
        async with sqlite_database.engine.connect() as connection:
            await connection.exec_driver_sql("PRAGMA max_page_count=1")
        with pytest.raises(StorageRefused, match="its disk is full; make room on it"):
            await sqlite_work.run(lambda db: db.accounts.add("a" * 60_000, "hash", None))
        async with sqlite_database.engine.connect() as connection:
            await connection.exec_driver_sql("PRAGMA max_page_count=1000000")
        await add(sqlite_work, "boris")
        assert await names(sqlite_work) == ["boris"]

    async def test_a_file_that_may_only_be_read(
        self, sqlite_database: Database, sqlite_work: SqlUnitOfWork
    ) -> None:
        async with sqlite_database.engine.connect() as connection:
            await connection.exec_driver_sql("PRAGMA query_only=ON")
        with pytest.raises(StorageRefused, match="it is read-only; let it be written to"):
            await add(sqlite_work, "anna")

    async def test_a_damaged_file_until_a_copy_takes_its_place(
        self, sqlite_url: str, file: Path, clock: ManualClock, tmp_path: Path
    ) -> None:
        shutil.copy(file, tmp_path / "copy")
        damage(file)
        database = open_database(sqlite_url)
        try:
            work = SqlUnitOfWork(database, clock)
            with pytest.raises(StorageRefused, match="damaged; put a copy of it in its place"):
                await names(work)
            (tmp_path / "copy").rename(file)
            assert await names(work) == []
        finally:
            await database.close()

    @pytest.mark.parametrize(
        ("code", "said"),
        [
            (1021, "its disk is full"),
            (1114, "its disk is full"),
            (1290, "it is read-only"),
            (1836, "it is read-only"),
            (1142, "GRANT ALL PRIVILEGES"),
        ],
    )
    @pytest.mark.parametrize("stage", Stage)
    def test_what_a_mysql_server_refuses(self, code: int, said: str, stage: Stage) -> None:
        cause = pymysql.err.OperationalError(code, "in the server's own words, about 'boris'")
        with pytest.raises(StorageRefused, match=said) as caught, translated("add", stage=stage):
            raise OperationalError("INSERT", {"name": "boris"}, cause)
        assert "boris" not in str(caught.value)


async def test_what_users_wrote_is_in_no_traceback(database: Database, clock: ManualClock) -> None:
    work, written = SqlUnitOfWork(database, clock), "-".join(("not", "for", "logs"))
    async with database.engine.begin() as connection:
        await connection.exec_driver_sql("ALTER TABLE Users RENAME TO Users_away")
    try:
        with pytest.raises(StorageError) as caught:
            async with work() as db:
                await db.accounts.named(written)
        assert written not in "".join(traceback.format_exception(caught.value))
    finally:
        async with database.engine.begin() as connection:
            await connection.exec_driver_sql("ALTER TABLE Users_away RENAME TO Users")
