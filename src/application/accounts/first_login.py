"""Lets the first person in."""

import secrets
from collections.abc import Callable

from msgspec import Struct

from application.ports.passwords import Passwords
from application.ports.tokens import Tokens
from application.ports.unit_of_work import Stores, UnitOfWork
from domain.errors import AlreadyExists

USERNAME = "admin"


class FirstLogin(Struct, frozen=True):
    """A ready-made login; the password is nowhere else in clear text."""

    username: str
    password: str
    token: str


class OfferFirstLogin:
    """Makes a user where there is none, so that a fresh machine can be tried at once."""

    def __init__(self, work: UnitOfWork, passwords: Passwords, tokens: Tokens) -> None:
        self._work = work
        self._passwords = passwords
        self._tokens = tokens

    async def __call__(self, show: Callable[[FirstLogin], None]) -> None:
        """Make a login, unless somebody can log in already.

        Args:
            show: shows it to the operator. It is called before the login is stored for good:
                whoever stops the process in between is shown another one at the next start, and
                nobody has a user whose password was never seen.
        """
        async with self._work() as db:
            if await db.accounts.all():
                return
        password = secrets.token_urlsafe(12)
        hashed = await self._passwords.hash(password)
        shown: list[FirstLogin] = []

        async def make(db: Stores) -> None:
            account = await db.accounts.add(USERNAME, hashed, None)
            login = FirstLogin(USERNAME, password, self._tokens.issue(account))
            if login not in shown:  # The block may begin anew.
                show(login)
                shown.append(login)

        try:
            await self._work.run(make)
        except AlreadyExists:
            return  # Another process, which starts as well, was faster.
