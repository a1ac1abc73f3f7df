"""What tokens promise; the claims are those of the contract."""

from datetime import timedelta
from typing import Any

import jwt
import pytest
from msgspec import structs

from adapters.jwt.tokens import LIFETIME, JwtTokens
from adapters.memory.clock import ManualClock
from application.ports.tokens import Bearer
from domain.account import Account
from domain.errors import NotAuthenticated
from domain.ids import UserId

SECRET = "s" * 32
ANNA = Account(id=UserId(7), username="anna", password_hash="h", email="anna@example.org")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def tokens(clock: ManualClock) -> JwtTokens:
    return JwtTokens(SECRET, clock)


def signed(
    clock: ManualClock, secret: str = SECRET, algorithm: str = "HS256", **claims: Any
) -> str:
    """A token of an older server: good for an hour, and whatever is stated."""
    soon = int((clock.now() + timedelta(hours=1)).timestamp())
    stated = {"id": 1, "email": "user@example.com", "exp": soon, **claims}
    kept = {name: value for name, value in stated.items() if value is not ...}
    return jwt.encode(kept, secret, algorithm=algorithm)


def refusal(tokens: JwtTokens, token: str | None) -> tuple[str, str]:
    with pytest.raises(NotAuthenticated) as caught:
        tokens.read(token)
    return caught.value.reason, str(caught.value)


def test_an_issued_token_speaks_for_its_account(tokens: JwtTokens, clock: ManualClock) -> None:
    expires_s = int((clock.now() + LIFETIME).timestamp())
    assert tokens.read(tokens.issue(ANNA)) == Bearer(UserId(7), 0, expires_s)


def test_it_carries_the_version_of_the_accounts_tokens(tokens: JwtTokens) -> None:
    token = tokens.issue(structs.replace(ANNA, token_version=3))
    assert tokens.read(token).version == 3


@pytest.mark.parametrize("ver", [None, "0", True, 1.0, []])
def test_a_version_that_is_no_number(tokens: JwtTokens, clock: ManualClock, ver: object) -> None:
    assert refusal(tokens, signed(clock, ver=ver))[0] == "token_invalid"


def test_the_claims_are_those_of_the_contract(tokens: JwtTokens, clock: ManualClock) -> None:
    token = tokens.issue(ANNA)
    now = int(clock.now().timestamp())
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims == {
        "id": 7,
        "email": ANNA.email,
        "ver": 0,
        "iat": now,
        "exp": now + 90 * 24 * 3600,
    }
    assert jwt.get_unverified_header(token)["alg"] == "HS256"


async def test_it_ends_after_90_days(tokens: JwtTokens, clock: ManualClock) -> None:
    token = tokens.issue(ANNA)
    await clock.advance(LIFETIME.total_seconds() - 1)
    assert tokens.read(token).user == 7
    await clock.advance(1)
    assert refusal(tokens, token) == ("token_expired", "Authentication token has expired")


@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"id": "1"},
        {"email": None},
        {"email": ...},
        {"iat": 9_999_999_999, "nbf": 9_999_999_999, "aud": "x", "iss": "y", "sub": 5, "role": "z"},
    ],
)
def test_tokens_of_an_older_server_are_good(
    tokens: JwtTokens, clock: ManualClock, claims: dict[str, Any]
) -> None:
    bearer = tokens.read(signed(clock, **claims))
    assert (bearer.user, bearer.version) == (1, 0)


@pytest.mark.parametrize("token", [None, ""])
def test_no_token(tokens: JwtTokens, token: str | None) -> None:
    assert refusal(tokens, token) == ("token_missing", "Missing authentication token")


@pytest.mark.parametrize(
    "token", ["x", "a.b.c", "..", "Bearer x", "é.é.é", "\0", "a" * 10_000, "\ud83e"]
)
def test_garbage(tokens: JwtTokens, token: str) -> None:
    assert refusal(tokens, token) == ("token_invalid", "Invalid authentication token")


def test_a_foreign_signature(tokens: JwtTokens, clock: ManualClock) -> None:
    invalid = ("token_invalid", "Invalid authentication token")
    assert refusal(tokens, signed(clock, secret="t" * 32)) == invalid
    assert refusal(tokens, signed(clock, secret="s" * 64, algorithm="HS512")) == invalid
    assert refusal(tokens, signed(clock, secret="", algorithm="none")) == invalid
    header, body, _ = signed(clock).split(".")
    assert refusal(tokens, f"{header}.{body}.") == invalid


@pytest.mark.parametrize("exp", [..., None, "soon", [], True])
def test_a_token_must_say_when_it_ends(tokens: JwtTokens, clock: ManualClock, exp: object) -> None:
    assert refusal(tokens, signed(clock, exp=exp)) == (
        "token_invalid",
        "Invalid authentication token",
    )


@pytest.mark.parametrize("claim", [..., None])
def test_a_token_without_id(tokens: JwtTokens, clock: ManualClock, claim: object) -> None:
    assert refusal(tokens, signed(clock, id=claim)) == (
        "token_invalid",
        "Authentication token missing user id",
    )


@pytest.mark.parametrize("claim", ["", "x", "1.5", 1.5, True, -1, 0, "-1", [1], {}, 2**63, "٣"])
def test_an_id_that_is_no_number(tokens: JwtTokens, clock: ManualClock, claim: object) -> None:
    assert refusal(tokens, signed(clock, id=claim)) == (
        "token_invalid",
        "Invalid customer identifier in token",
    )
