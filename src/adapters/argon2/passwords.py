"""Passwords: argon2id for new ones, and bcrypt as databases taken over hold it."""

import asyncio
from functools import cache

import argon2
import bcrypt

from application.ports.passwords import Passwords

# OWASP's password storage cheat sheet (seen 2026-11): 19 MiB, two passes, one lane. Some tens of
# milliseconds, and little enough memory that several logins at once do not crowd the server.
_HASHER = argon2.PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_AT_ONCE = 2
_BCRYPT = ("$2a$", "$2b$", "$2y$")
_BCRYPT_BYTES = 72
"""bcrypt never saw more of a password; the library, since 5.0, refuses to cut it itself."""


class Argon2Passwords(Passwords):
    """Hashes in threads, a few at a time, since each takes a core and 19 MiB."""

    def __init__(self) -> None:
        self._room = asyncio.Semaphore(_AT_ONCE)

    async def hash(self, password: str) -> str:
        """Return a salted argon2id hash (97 characters)."""
        async with self._room:
            return await asyncio.to_thread(_HASHER.hash, _encoded(password))

    async def verify(self, password: str, stored: str | None, adopted: str | None = None) -> bool:
        """Return whether the password fits the hash; a hash that makes no sense fits none."""
        async with self._room:
            return await asyncio.to_thread(_fits, _encoded(password), stored, adopted)

    def outdated(self, stored: str) -> bool:
        """Return whether the hash should be renewed: bcrypt, or argon2 with other parameters."""
        try:
            return _HASHER.check_needs_rehash(stored)
        except argon2.exceptions.InvalidHashError:
            return True


def _encoded(password: str) -> bytes:
    # Half a surrogate pair has no UTF-8; it must neither fail nor equal another password.
    return password.encode("utf-8", "surrogatepass")


def _fits(password: bytes, stored: str | None, adopted: str | None) -> bool:
    older = stored is not None and stored.startswith(_BCRYPT)
    if stored is not None:
        check = _fits_bcrypt if older else _fits_argon2
        if check(password, stored):
            return True
    # bcrypt takes many times as long as argon2 does here. A refusal always costs one check of each
    # kind, with the adopted database's own cost, so that it does not tell whose name was tried.
    if older or stored is None:
        _fits_argon2(password, _nobodys_hash())
    if adopted is not None and not older:
        _fits_bcrypt(password, adopted)
    return False


def _fits_argon2(password: bytes, stored: str) -> bool:
    try:
        return _HASHER.verify(stored, password)
    except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
        return False
    except UnicodeEncodeError:
        # The library takes hashes in ASCII only.
        return False


def _fits_bcrypt(password: bytes, stored: str) -> bool:
    try:
        return bcrypt.checkpw(password[:_BCRYPT_BYTES], stored.encode())
    except ValueError:
        return False


@cache
def _nobodys_hash() -> str:
    return _HASHER.hash(b"nobody's password")
