"""Tokens as the contract describes them: JSON Web Tokens, HS256."""

import re
from datetime import timedelta
from typing import Any

import jwt

from application.ports.clock import Clock
from application.ports.tokens import Bearer, Tokens
from domain.account import Account
from domain.errors import NotAuthenticated
from domain.ids import UserId

LIFETIME = timedelta(days=90)
_ALGORITHM = "HS256"
_LARGEST_ID = 2**31 - 1
"""What the column of account ids holds."""

# Only signature and shape are left to the library: `exp` is read against our clock, and the other
# claims of an earlier server's tokens are to be ignored.
_OPTIONS: Any = {
    "require": ["exp"],
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
    "verify_aud": False,
    "verify_iss": False,
    "verify_sub": False,
    "verify_jti": False,
}


class JwtTokens(Tokens):
    """Signed, expiring proofs of who is calling."""

    def __init__(self, secret: str, clock: Clock) -> None:
        self._secret = secret
        self._clock = clock

    def issue(self, account: Account) -> str:
        """Return a token for the account, good for 90 days."""
        now = self._clock.now()
        claims = {
            "id": account.id,
            "email": account.email,
            "ver": account.token_version,
            "iat": int(now.timestamp()),
            "exp": int((now + LIFETIME).timestamp()),
        }
        return jwt.encode(claims, self._secret, algorithm=_ALGORITHM)

    def read(self, token: str | None) -> Bearer:
        """Return whom the token speaks for, the version it was issued under, and until when.

        Raises:
            NotAuthenticated: `reason` is `token_missing`, `token_expired` or `token_invalid`.
        """
        if not token:
            raise NotAuthenticated("Missing authentication token", "token_missing")
        try:
            claims: dict[str, Any] = jwt.decode(
                token, self._secret, algorithms=[_ALGORITHM], options=_OPTIONS
            )
        except (jwt.InvalidTokenError, ValueError) as error:
            raise _invalid("Invalid authentication token") from error
        expires_s = self._not_expired(claims["exp"])
        return Bearer(_user(claims.get("id")), _version(claims.get("ver", 0)), expires_s)

    def _not_expired(self, expires: object) -> float:
        if isinstance(expires, bool) or not isinstance(expires, int | float):
            raise _invalid("Invalid authentication token")
        if not expires > self._clock.now().timestamp():
            raise NotAuthenticated("Authentication token has expired", "token_expired")
        return expires


def _user(claim: object) -> UserId:
    if claim is None:
        raise _invalid("Authentication token missing user id")
    if isinstance(claim, str) and re.fullmatch(r"[0-9]{1,10}", claim):
        claim = int(claim)
    if isinstance(claim, bool) or not isinstance(claim, int) or not 0 < claim <= _LARGEST_ID:
        raise _invalid("Invalid customer identifier in token")
    return UserId(claim)


def _version(claim: object) -> int:
    if isinstance(claim, bool) or not isinstance(claim, int):
        raise _invalid("Invalid authentication token")
    return claim


def _invalid(message: str) -> NotAuthenticated:
    return NotAuthenticated(message, "token_invalid")
