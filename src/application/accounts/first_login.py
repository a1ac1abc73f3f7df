"""Lets the first person in."""

import secrets

from msgspec import Struct

from application.ports.passwords import Passwords
from application.ports.tokens import Tokens
from application.ports.unit_of_work import UnitOfWork
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

    async def __call__(self) -> FirstLogin | None:
        """Return the login that was made, or None when somebody can log in already."""
        async with self._work() as db:
            if await db.accounts.all():
                return None
        password = secrets.token_urlsafe(12)
        hashed = await self._passwords.hash(password)
        try:
            account = await self._work.run(lambda db: db.accounts.add(USERNAME, hashed, None))
        except AlreadyExists:
            return None  # Another process, which starts as well, was faster.
        return FirstLogin(USERNAME, password, self._tokens.issue(account))
