"""A new account."""

from application.accounts.passwords_rule import check_new_password
from application.ports.passwords import Passwords
from application.ports.unit_of_work import UnitOfWork
from domain.account import Account
from domain.errors import InvalidRequest

USERNAME_LENGTH = 50
EMAIL_LENGTH = 100


class AddUser:
    """Stores an account with its hashed password."""

    def __init__(self, work: UnitOfWork, passwords: Passwords) -> None:
        self._work = work
        self._passwords = passwords

    async def __call__(self, email: str, password: str, username: str | None = None) -> Account:
        """Return the new account.

        Args:
            email: one more name to log in with; what has no @ is the username, and no e-mail.
            password: as the user will type it.
            username: the part of the e-mail address before the @ when left out.

        Raises:
            InvalidRequest: a value is missing, too short or too long.
            AlreadyExists: the username or the e-mail address is taken.
        """
        email = email.strip()
        name = (username or "").strip() or email.partition("@")[0]
        address = email if "@" in email else None
        _check(name, "username", USERNAME_LENGTH)
        if address is not None:
            _check(address, "email", EMAIL_LENGTH)
        check_new_password(password)
        hashed = await self._passwords.hash(password)
        return await self._work.run(lambda db: db.accounts.add(name, hashed, address))


def _check(value: str, field: str, longest: int) -> None:
    if not 0 < len(value) <= longest:
        raise InvalidRequest(f"{field} must have 1 to {longest} characters", field)
