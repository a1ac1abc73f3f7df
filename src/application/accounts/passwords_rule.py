"""What a new password must be like."""

from domain.errors import InvalidRequest

SHORTEST = 8
LONGEST = 1000
"""Hashing is slow on purpose; nobody gets to feed it megabytes."""


def check_new_password(password: str) -> None:
    """Refuse a password that nobody should have.

    Raises:
        InvalidRequest: it is too short or too long.
    """
    if len(password) < SHORTEST:
        raise InvalidRequest(f"A password has at least {SHORTEST} characters", "password")
    if len(password) > LONGEST:
        raise InvalidRequest(f"A password has at most {LONGEST} characters", "password")
