"""Which tokens count, and for how long one that was revoked elsewhere still does."""

import pytest

from adapters.jwt.tokens import JwtTokens
from adapters.memory.clock import ManualClock
from adapters.memory.unit_of_work import MemoryUnitOfWork
from application.accounts.identify import Identify
from application.accounts.log_out_everywhere import LogOutEverywhere
from application.accounts.token_versions import KNOWN_FOR, TokenVersions
from application.ports.tokens import Bearer
from domain.account import Account
from domain.errors import AccountNotFound, NotAuthenticated
from domain.ids import UserId
from domain.storage_errors import StorageUnavailable


class Door:
    """One process before a table of accounts."""

    def __init__(self, beside: "Door | None" = None) -> None:
        self.clock = beside.clock if beside else ManualClock()
        self.work = beside.work if beside else MemoryUnitOfWork(self.clock)
        self.tokens = JwtTokens("s" * 32, self.clock)
        self.versions = TokenVersions(self.work, self.clock)
        self.identify = Identify(self.tokens, self.versions)
        self.log_out_everywhere = LogOutEverywhere(self.work, self.versions)

    async def added(self, name: str) -> Account:
        async with self.work() as db:
            return await db.accounts.add(name, "hash", None)

    async def get(self, user: UserId) -> Account:
        async with self.work() as db:
            return await db.accounts.get(user)


@pytest.fixture
def door() -> Door:
    return Door()


async def test_a_token_counts_until_it_is_revoked(door: Door) -> None:
    anna, boris = await door.added("anna"), await door.added("boris")
    token, other = door.tokens.issue(anna), door.tokens.issue(boris)
    assert (await door.identify(token)).user == anna.id
    await door.log_out_everywhere(anna.id)
    with pytest.raises(NotAuthenticated, match="revoked") as refused:
        await door.identify(token)
    assert refused.value.reason == "token_invalid"
    assert (await door.identify(other)).user == boris.id
    assert (await door.identify(door.tokens.issue(await door.get(anna.id)))).version == 1


async def test_a_busy_client_does_not_ask_the_database_each_time(door: Door) -> None:
    token = door.tokens.issue(await door.added("anna"))
    before = door.work.opened
    for _ in range(10):
        await door.identify(token)
    assert door.work.opened == before + 1


async def test_what_another_process_revokes_ends_here_within_two_seconds(door: Door) -> None:
    anna = await door.added("anna")
    token = door.tokens.issue(anna)
    await door.identify(token)
    await Door(beside=door).log_out_everywhere(anna.id)
    await door.clock.advance(KNOWN_FOR.total_seconds())
    with pytest.raises(NotAuthenticated):
        await door.identify(token)
    assert KNOWN_FOR.total_seconds() <= 2


async def test_nobody_can_prove_to_be_a_user_who_is_gone(door: Door) -> None:
    anna = await door.added("anna")
    token = door.tokens.issue(anna)
    async with door.work() as db:
        await db.accounts.remove(anna.id)
    for _ in range(2):
        with pytest.raises(NotAuthenticated):
            await door.identify(token)
    with pytest.raises(AccountNotFound):
        await door.log_out_everywhere(anna.id)


async def test_without_the_database_no_token_counts_that_nobody_vouches_for(door: Door) -> None:
    token = door.tokens.issue(await door.added("anna"))
    door.work.away = True
    with pytest.raises(StorageUnavailable):
        await door.identify(token)


async def test_all_that_are_outdated_are_found_at_once(door: Door) -> None:
    anna, boris = await door.added("anna"), await door.added("boris")
    bearers = {Bearer(anna.id, 0), Bearer(boris.id, 0), Bearer(UserId(9), 0)}
    before = door.work.opened
    assert await door.versions.outdated(bearers) == {Bearer(UserId(9), 0)}
    assert door.work.opened == before + 1
    await door.log_out_everywhere(anna.id)
    assert await door.versions.outdated(bearers) == bearers - {Bearer(boris.id, 0)}
