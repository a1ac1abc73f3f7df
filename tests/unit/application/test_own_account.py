"""What users do to their own accounts: another password, and the end."""

import asyncio

import pytest

from adapters.jwt.tokens import JwtTokens
from adapters.memory.clock import settle
from adapters.memory.passwords import MemoryPasswords
from adapters.memory.remains import MemoryRemains
from application.accounts.attempts import Attempts, TooManyAttempts
from application.accounts.change_password import ChangePassword
from application.accounts.confirm_password import ConfirmPassword
from application.accounts.delete_account import DeleteAccount, DeleteOwnAccount
from application.accounts.identify import Identify
from application.accounts.log_in import LogIn
from application.accounts.token_versions import TokenVersions
from application.accounts.traces import UserRows, UserTurns
from application.chat.answer_states import AnswerStates
from application.ports.personal_data import PersonalData
from application.ports.rate_limits import RateLimits
from domain.account import Account
from domain.errors import (
    AccountNotFound,
    BadCredentials,
    InvalidRequest,
    NotAuthenticated,
    TurnNotFound,
)
from domain.ids import UserId
from domain.storage_errors import StorageUnavailable
from tests.unit.rig import ANNA, BORIS, Rig, question, said

WORD, NEXT = "correct horse", "battery staple"


class PlainLimits(RateLimits):
    """Counts without a clock; the one in memory keeps a timer of its own running."""

    def __init__(self) -> None:
        self.counted: dict[tuple[str, str], int] = {}

    async def spend(self, purpose: str, key: str, allowed: int, window_s: int) -> float:
        count = self.counted[purpose, key] = self.counted.get((purpose, key), 0) + 1
        return 0 if count <= allowed else window_s

    async def give_back(self, purpose: str, key: str, allowed: int, window_s: int) -> None:
        self.counted[purpose, key] -= 1

    async def forget(self, purpose: str, key: str, allowed: int, window_s: int) -> None:
        self.counted.pop((purpose, key), None)


class Failing(PersonalData):
    """Cannot forget the first time."""

    def __init__(self) -> None:
        self.asked = 0

    async def forget(self, account: Account) -> None:
        self.asked += 1
        if self.asked == 1:
            raise StorageUnavailable("forget")


class Desk:
    """The use cases around a turn engine whose users have passwords."""

    def __init__(self, rig: Rig, first: PersonalData | None = None) -> None:
        self.rig = rig
        self.passwords = MemoryPasswords()
        self.tokens = JwtTokens("s" * 32, rig.clock)
        self.versions = TokenVersions(rig.store, rig.clock)
        self.identify = Identify(self.tokens, self.versions)
        self.limits = PlainLimits()
        self.attempts = Attempts(self.limits, 3)
        self.confirm = ConfirmPassword(rig.store, self.passwords, self.attempts)
        self.states = AnswerStates()
        self.remains = MemoryRemains()
        turns = UserTurns(rig.turns, rig.log, self.states, rig.paused, rig.approvals)
        places = (turns, self.attempts, UserRows(rig.store), turns, self.remains)
        self.delete = DeleteAccount(rig.store, self.versions, (first, *places) if first else places)
        self.delete_own = DeleteOwnAccount(self.confirm, self.delete)
        self.change_password = ChangePassword(
            rig.store, self.confirm, self.passwords, self.tokens, self.versions
        )
        self.log_in = LogIn(rig.store, self.passwords, self.tokens, self.attempts)

    async def open(self) -> str:
        """Give both users a password, and return a token of Anna's."""
        async with self.rig.store() as db:
            for user in (ANNA, BORIS):
                await db.accounts.set_password(user, await self.passwords.hash(WORD))
            return self.tokens.issue(await db.accounts.get(ANNA))


class TestChangePassword:
    async def test_only_the_token_in_the_answer_counts(self) -> None:
        async with Rig() as rig:
            desk = Desk(rig)
            before = await desk.open()
            await desk.identify(before)
            found = await desk.change_password(ANNA, WORD, NEXT)
            assert (await desk.identify(found.token)).user == ANNA
            with pytest.raises(NotAuthenticated):
                await desk.identify(before)
            assert (await desk.log_in("anna", NEXT, "1.2.3.4")).account.id == ANNA

    @pytest.mark.parametrize(
        ("old", "new", "field"),
        [("wrong", NEXT, "old_password"), (WORD, "", "new_password")],
    )
    async def test_what_does_not_fit_changes_nothing(self, old: str, new: str, field: str) -> None:
        async with Rig() as rig:
            desk = Desk(rig)
            token = await desk.open()
            with pytest.raises(InvalidRequest) as refused:
                await desk.change_password(ANNA, old, new)
            assert refused.value.field == field
            assert (await desk.identify(token)).user == ANNA

    async def test_a_stolen_token_cannot_try_passwords_for_ever(self) -> None:
        async with Rig() as rig:
            desk = Desk(rig)
            await desk.open()
            for _ in range(3):
                with pytest.raises(InvalidRequest):
                    await desk.change_password(ANNA, "wrong", NEXT)
            with pytest.raises(TooManyAttempts):
                await desk.change_password(ANNA, WORD, NEXT)
            assert (await desk.change_password(BORIS, WORD, NEXT)).account.id == BORIS

    async def test_who_knows_the_password_may_change_it_as_often_as_they_like(self) -> None:
        async with Rig() as rig:
            desk = Desk(rig)
            await desk.open()
            for _ in range(3):
                await desk.change_password(ANNA, WORD, NEXT)
                await desk.change_password(ANNA, NEXT, WORD)

    async def test_of_two_changes_at_once_one_wins(self) -> None:
        async with Rig() as rig:
            desk = Desk(rig)
            await desk.open()
            one = asyncio.create_task(desk.change_password(ANNA, WORD, NEXT))
            two = asyncio.create_task(desk.change_password(ANNA, WORD, "another"))
            await asyncio.wait({one, two})
            errors = [task.exception() for task in (one, two)]
            assert [error is None for error in errors].count(True) == 1
            (lost,) = [error for error in errors if error is not None]
            assert isinstance(lost, InvalidRequest)


class TestDeleteAccount:
    async def test_running_turns_are_stopped_and_nothing_of_them_stays(self) -> None:
        gate = asyncio.Event()
        async with Rig([*said("So"), gate], said("Other")) as rig:
            desk = Desk(rig)
            token = await desk.open()
            mine = await rig.start()
            theirs = await rig.start(question(user=BORIS))
            desk.states.remember(ANNA, "acme", "swift", "So", ({"secret": 1},))
            await desk.delete_own(ANNA, WORD)
            await settle()
            assert await rig.turns.running(ANNA) == []
            with pytest.raises(TurnNotFound):
                await rig.heard(mine)
            assert (await rig.record(theirs)).user == BORIS
            assert len(await rig.heard(theirs, user=BORIS)) > 0
            assert [account.id for account in desk.remains.forgotten] == [ANNA]
            with pytest.raises(NotAuthenticated):
                await desk.identify(token)
            async with rig.store() as db:
                assert [account.id for account in await db.accounts.all()] == [BORIS]
                assert await db.turns.find(mine) is None

    async def test_a_wrong_password_deletes_nothing(self) -> None:
        async with Rig() as rig:
            desk = Desk(rig)
            token = await desk.open()
            with pytest.raises(InvalidRequest) as refused:
                await desk.delete_own(ANNA, "wrong")
            assert refused.value.field == "password"
            assert (await desk.identify(token)).user == ANNA

    async def test_where_a_place_fails_the_user_can_ask_again(self) -> None:
        async with Rig() as rig:
            desk = Desk(rig, first=Failing())
            token = await desk.open()
            with pytest.raises(StorageUnavailable):
                await desk.delete_own(ANNA, WORD)
            with pytest.raises(NotAuthenticated):
                await desk.identify(token)
            assert (await desk.log_in("anna", WORD, "1.2.3.4")).account.id == ANNA
            await desk.delete_own(ANNA, WORD)
            with pytest.raises(AccountNotFound):
                await desk.delete(ANNA)

    async def test_attempts_on_the_account_are_forgotten(self) -> None:
        async with Rig() as rig:
            desk = Desk(rig)
            await desk.open()
            for number in range(3):
                with pytest.raises(BadCredentials):
                    await desk.log_in("Anna", "wrong", f"1.2.3.{number}")
            with pytest.raises(InvalidRequest):
                await desk.confirm(ANNA, "wrong")
            await desk.delete(ANNA)
            assert {purpose for purpose, _ in desk.limits.counted} == {"login address"}

    async def test_nobody_is_not_found(self) -> None:
        async with Rig() as rig:
            with pytest.raises(AccountNotFound):
                await Desk(rig).delete(UserId(4711))
