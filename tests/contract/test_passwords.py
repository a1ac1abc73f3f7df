"""What every hasher of passwords promises."""

import bcrypt
import pytest

from adapters.argon2 import passwords as passwords_module
from adapters.argon2.passwords import Argon2Passwords
from adapters.memory.passwords import MemoryPasswords
from application.ports.passwords import Passwords

# argon2id of "secret" with half the memory, as an earlier release might have made it.
WEAKER = "$argon2id$v=19$m=9728,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$"


@pytest.fixture(params=[MemoryPasswords, Argon2Passwords])
def passwords(request: pytest.FixtureRequest) -> Passwords:
    return request.param()


@pytest.fixture
def argon2() -> Argon2Passwords:
    return Argon2Passwords()


@pytest.mark.parametrize("password", ["secret", "", "пароль 🦉", "a\0b", "x" * 5000, "\ud83e"])
async def test_only_the_password_itself_fits(passwords: Passwords, password: str) -> None:
    stored = await passwords.hash(password)
    assert await passwords.verify(password, stored)
    assert not await passwords.verify(password + "!", stored)
    assert not await passwords.verify(password + "\0", stored)


async def test_hashes_are_salted_and_fit_their_column(passwords: Passwords) -> None:
    one, two = await passwords.hash("secret"), await passwords.hash("secret")
    assert one != two
    assert len(one) <= 100
    assert "secret" not in one
    assert not passwords.outdated(one)


async def test_nobody_has_no_password(passwords: Passwords) -> None:
    assert not await passwords.verify("secret", None)
    assert not await passwords.verify("nobody's password", None)


@pytest.mark.parametrize(
    "stored", ["", "secret", "$", "$2b$", "$2b$99$abc", "$argon2id$", "é" * 60]
)
async def test_a_hash_without_meaning_fits_nothing(passwords: Passwords, stored: str) -> None:
    assert not await passwords.verify("secret", stored)
    assert passwords.outdated(stored)


@pytest.mark.parametrize("mark", ["$2a$", "$2b$", "$2y$"])
async def test_bcrypt_of_an_older_server_is_read_and_outdated(
    argon2: Argon2Passwords, mark: str
) -> None:
    stored = mark + bcrypt.hashpw(b"secret", bcrypt.gensalt(4)).decode()[4:]
    assert await argon2.verify("secret", stored)
    assert not await argon2.verify("Secret", stored)
    assert argon2.outdated(stored)


async def test_bcrypt_sees_the_first_72_bytes(argon2: Argon2Passwords) -> None:
    stored = bcrypt.hashpw(("é" * 36).encode(), bcrypt.gensalt(4)).decode()
    assert await argon2.verify("é" * 36, stored)
    assert await argon2.verify("é" * 36 + "more", stored)
    assert not await argon2.verify("é" * 35, stored)


@pytest.mark.parametrize("adopted_database", [False, True])
async def test_every_refusal_takes_the_same_work(
    argon2: Argon2Passwords, monkeypatch: pytest.MonkeyPatch, adopted_database: bool
) -> None:
    done: list[str] = []

    def counted(kind: str) -> None:
        check = getattr(passwords_module, f"_fits_{kind}")

        def count(password: bytes, stored: str) -> bool:
            done.append(kind)
            return check(password, stored)

        monkeypatch.setattr(passwords_module, f"_fits_{kind}", count)

    for kind in ("argon2", "bcrypt"):
        counted(kind)
    older = bcrypt.hashpw(b"older", bcrypt.gensalt(4)).decode()
    adopted = older if adopted_database else None
    taken: dict[str, list[str]] = {}
    for whose, stored in {
        "nobody": None,
        "new": await argon2.hash("secret"),
        **({"adopted": older} if adopted else {}),
    }.items():
        done.clear()
        assert not await argon2.verify("wrong", stored, adopted)
        taken[whose] = sorted(done)
    expected = ["argon2", "bcrypt"] if adopted_database else ["argon2"]
    assert taken == dict.fromkeys(taken, expected)
    assert not await argon2.verify("older", None, adopted), "nobody has somebody's password"


def test_weaker_parameters_are_outdated(argon2: Argon2Passwords) -> None:
    assert argon2.outdated(WEAKER + "QmCzeTIGXRzVrKiXwYQpXXgU8sQUlyXJw0dZJ0bgQZo")
