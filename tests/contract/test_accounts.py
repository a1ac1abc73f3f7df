"""What every store of users promises."""

import pytest

from adapters.memory.clock import ManualClock
from application.ports.unit_of_work import UnitOfWork
from domain.account import Account
from domain.errors import AccountNotFound, AlreadyExists
from domain.ids import UserId


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
