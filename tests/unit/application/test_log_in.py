import asyncio

import pytest

from adapters.memory.clock import ManualClock
from adapters.memory.passwords import MemoryPasswords
from adapters.memory.rate_limits import MemoryRateLimits
from adapters.memory.unit_of_work import MemoryUnitOfWork
from application.accounts.add_user import AddUser
from application.accounts.attempts import Attempts, TooManyAttempts
from application.accounts.log_in import LogIn
from application.accounts.set_password import SetPassword
from application.accounts.token_versions import TokenVersions
from application.ports.tokens import Bearer, Tokens
from domain.account import Account
from domain.errors import (
    AccountNotFound,
    AlreadyExists,
    BadCredentials,
    InvalidRequest,
    NotAuthenticated,
)
from domain.storage_errors import StorageUnavailable

WORD = "correct horse"


class PlainTokens(Tokens):
    """Tokens anybody can read."""

    def issue(self, account: Account) -> str:
        return f"token of {account.id}"

    def read(self, token: str | None) -> Bearer:
        raise NotAuthenticated("not needed here", "token_invalid")


class AgeingPasswords(MemoryPasswords):
    """Finds every hash outdated, and counts what it was asked."""

    def __init__(self) -> None:
        self.verified: list[str | None] = []
        self.away: MemoryUnitOfWork | None = None

    async def verify(self, password: str, stored: str | None, adopted: str | None = None) -> bool:
        self.verified.append(stored)
        return await super().verify(password, stored)

    def outdated(self, stored: str) -> bool:
        if self.away is not None:
            self.away.fail_next()
        return True


class Desk:
    """The use cases around one table of accounts."""

    def __init__(self) -> None:
        clock = ManualClock()
        self.work = MemoryUnitOfWork(clock)
        self.passwords = AgeingPasswords()
        self.add = AddUser(self.work, self.passwords)
        self.set_password = SetPassword(self.work, self.passwords, TokenVersions(self.work, clock))
        self.log_in = LogIn(
            self.work, self.passwords, PlainTokens(), Attempts(MemoryRateLimits(), 3)
        )

    async def stored(self, name: str) -> Account:
        async with self.work() as db:
            found = await db.accounts.named(name)
        assert found is not None
        return found


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.mark.parametrize("name", ["anna", "ANNA@example.org", " anna "])
async def test_a_fitting_password_gives_a_token(desk: Desk, name: str) -> None:
    anna = await desk.add("anna@example.org", WORD)
    found = await desk.log_in(name, WORD, "1.2.3.4")
    assert (found.account.id, found.token) == (anna.id, f"token of {anna.id}")


async def test_a_wrong_password_and_an_unknown_name_cost_the_same_work(desk: Desk) -> None:
    await desk.add("anna@example.org", WORD)
    for name in ("anna", "nobody"):
        with pytest.raises(BadCredentials):
            await desk.log_in(name, "wrong", "1.2.3.4")
    assert len(desk.passwords.verified) == 2
    assert desk.passwords.verified[1] is None


async def test_an_outdated_hash_is_renewed(desk: Desk) -> None:
    before = await desk.add("anna@example.org", WORD)
    await desk.log_in("anna", WORD, "1.2.3.4")
    assert (await desk.stored("anna")).password_hash != before.password_hash
    await desk.log_in("anna", WORD, "1.2.3.4")


async def test_a_hash_that_cannot_be_renewed_is_no_reason_to_stay_outside(desk: Desk) -> None:
    before = await desk.add("anna@example.org", WORD)
    desk.passwords.away = desk.work
    await desk.log_in("anna", WORD, "1.2.3.4")
    assert (await desk.stored("anna")).password_hash == before.password_hash


async def test_attempts_are_counted_by_name_whatever_its_spelling(desk: Desk) -> None:
    await desk.add("anna@example.org", WORD)
    for number, name in enumerate(("anna", "Anna", "ANNA ")):
        with pytest.raises(BadCredentials):
            await desk.log_in(name, "wrong", f"1.2.3.{number}")
    with pytest.raises(TooManyAttempts) as refused:
        await desk.log_in("anna", WORD, "1.2.3.9")
    assert 0 < refused.value.retry_after_s <= 300
    assert len(desk.passwords.verified) == 3


async def test_attempts_are_counted_by_address(desk: Desk) -> None:
    for name in ("a", "b", "c"):
        with pytest.raises(BadCredentials):
            await desk.log_in(name, "wrong", "1.2.3.4")
    with pytest.raises(TooManyAttempts):
        await desk.log_in("d", "wrong", "1.2.3.4")
    with pytest.raises(BadCredentials):
        await desk.log_in("d", "wrong", "5.6.7.8")


async def test_an_office_behind_one_address_gets_in(desk: Desk) -> None:
    names = [f"clerk{number}" for number in range(5)]
    for name in names:
        await desk.add(name, WORD)
    for name in names:
        await desk.log_in(name, WORD, "1.2.3.4")


async def test_who_gets_in_gives_no_attempts_to_those_who_guess(desk: Desk) -> None:
    await desk.add("anna@example.org", WORD)
    await desk.add("mallory", WORD)
    for _ in range(3):
        await desk.log_in("mallory", WORD, "1.2.3.4")
        with pytest.raises(BadCredentials):
            await desk.log_in("anna", "wrong", "1.2.3.4")
    for address in ("1.2.3.4", "5.6.7.8"):
        with pytest.raises(TooManyAttempts):
            await desk.log_in("anna", WORD, address)


async def test_guesses_side_by_side_are_no_more_than_one_after_the_other(desk: Desk) -> None:
    await desk.add("anna@example.org", WORD)
    tried = [asyncio.create_task(desk.log_in("anna", "wrong", "1.2.3.4")) for _ in range(9)]
    await asyncio.wait(tried)
    assert len(desk.passwords.verified) == 3


async def test_an_address_without_attempts_uses_up_nobodys_name(desk: Desk) -> None:
    await desk.add("anna@example.org", WORD)
    for name in ("a", "b", "c"):
        with pytest.raises(BadCredentials):
            await desk.log_in(name, "wrong", "1.2.3.4")
    for _ in range(3):
        with pytest.raises(TooManyAttempts):
            await desk.log_in("anna", "wrong", "1.2.3.4")
    assert (await desk.log_in("anna", WORD, "5.6.7.8")).account.username == "anna"


async def test_a_name_without_attempts_uses_up_no_address(desk: Desk) -> None:
    await desk.add("boris", WORD)
    for number in range(3):
        with pytest.raises(BadCredentials):
            await desk.log_in("anna", "wrong", f"5.6.7.{number}")
    for _ in range(3):
        with pytest.raises(TooManyAttempts):
            await desk.log_in("anna", "wrong", "1.2.3.4")
    assert (await desk.log_in("boris", WORD, "1.2.3.4")).account.username == "boris"


async def test_a_database_that_is_away_is_no_wrong_password(desk: Desk) -> None:
    await desk.add("anna@example.org", WORD)
    desk.work.away = True
    for _ in range(4):
        with pytest.raises(StorageUnavailable):
            await desk.log_in("anna", WORD, "1.2.3.4")
    desk.work.away = False
    assert (await desk.log_in("anna", WORD, "1.2.3.4")).account.username == "anna"


class TestAddUser:
    async def test_the_name_is_the_part_before_the_at(self, desk: Desk) -> None:
        anna = await desk.add(" anna@example.org ", WORD)
        assert (anna.username, anna.email) == ("anna", "anna@example.org")

    async def test_without_an_at_there_is_no_address(self, desk: Desk) -> None:
        anna = await desk.add("anna", WORD)
        assert (anna.username, anna.email) == ("anna", None)

    async def test_names_are_taken_once(self, desk: Desk) -> None:
        await desk.add("anna@example.org", WORD)
        with pytest.raises(AlreadyExists):
            await desk.add("anna@example.com", WORD)
        other = await desk.add("anna@example.com", WORD, "anna2")
        assert other.username == "anna2"

    @pytest.mark.parametrize(
        ("email", "password", "field"),
        [
            ("", WORD, "username"),
            ("@example.org", WORD, "username"),
            ("a" * 51, WORD, "username"),
            ("a@" + "b" * 100, WORD, "email"),
            ("anna", "", "password"),
            ("anna", "x" * 1001, "password"),
        ],
    )
    async def test_values_have_limits(
        self, desk: Desk, email: str, password: str, field: str
    ) -> None:
        with pytest.raises(InvalidRequest) as refused:
            await desk.add(email, password)
        assert refused.value.field == field


class TestSetPassword:
    async def test_the_new_one_counts(self, desk: Desk) -> None:
        await desk.add("anna@example.org", WORD)
        await desk.set_password("anna@example.org", "another one")
        await desk.log_in("anna", "another one", "1.2.3.4")
        with pytest.raises(BadCredentials):
            await desk.log_in("anna", WORD, "1.2.3.4")

    async def test_tokens_of_before_are_revoked(self, desk: Desk) -> None:
        before = await desk.add("anna@example.org", WORD)
        await desk.set_password("anna", "another one")
        assert (await desk.stored("anna")).token_version == before.token_version + 1

    async def test_nobody_has_none(self, desk: Desk) -> None:
        with pytest.raises(AccountNotFound):
            await desk.set_password("nobody", "another one")
