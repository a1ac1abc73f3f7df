"""What a new password must be like."""

from domain.errors import InvalidRequest

LONGEST = 1000
"""Hashing is slow on purpose; nobody gets to feed it megabytes."""


def check_new_password(password: str, field: str = "password") -> None:
    """Refuse what cannot be a password. How strong it is, is its owner's business.

    Raises:
        InvalidRequest: it is empty or too long.
    """
    if not password:
        raise InvalidRequest("A password is needed", field)
    if len(password) > LONGEST:
        raise InvalidRequest(f"A password has at most {LONGEST} characters", field)
