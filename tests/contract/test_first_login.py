"""The login of a fresh machine is seen by somebody, on every store."""

import pytest

from adapters.memory.passwords import MemoryPasswords
from application.accounts.first_login import USERNAME, FirstLogin, OfferFirstLogin
from application.ports.tokens import Bearer, Tokens
from application.ports.unit_of_work import UnitOfWork
from domain.account import Account
from domain.errors import NotAuthenticated


class PlainTokens(Tokens):
    """Tokens anybody can read."""

    def issue(self, account: Account) -> str:
        return f"token of {account.id}"

    def read(self, token: str | None) -> Bearer:
        raise NotAuthenticated("not needed here", "token_invalid")


class Stopped(BaseException):
    """As Ctrl-C stops a process."""


@pytest.fixture
def offer(work: UnitOfWork) -> OfferFirstLogin:
    return OfferFirstLogin(work, MemoryPasswords(), PlainTokens())


async def users(work: UnitOfWork) -> list[Account]:
    async with work() as db:
        return await db.accounts.all()


async def test_it_is_shown_once_and_works(work: UnitOfWork, offer: OfferFirstLogin) -> None:
    shown: list[FirstLogin] = []
    await offer(shown.append)
    await offer(shown.append)
    ((name, password, token),) = [(one.username, one.password, one.token) for one in shown]
    (admin,) = await users(work)
    assert (admin.username, name, token) == (USERNAME, USERNAME, f"token of {admin.id}")
    assert await MemoryPasswords().verify(password, admin.password_hash)


async def test_where_the_start_is_stopped_before_it_was_shown_the_next_start_shows_one(
    work: UnitOfWork, offer: OfferFirstLogin
) -> None:
    def stop(_: FirstLogin) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        await offer(stop)
    assert await users(work) == []
    shown: list[FirstLogin] = []
    await offer(shown.append)
    assert len(shown) == len(await users(work)) == 1


async def test_nobody_is_offered_one_where_somebody_can_log_in(
    work: UnitOfWork, offer: OfferFirstLogin
) -> None:
    async with work() as db:
        await db.accounts.add("anna", "hash", None)
    await offer(lambda login: pytest.fail(f"shown {login}"))
