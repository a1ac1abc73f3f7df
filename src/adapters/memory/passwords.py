"""Passwords without the work."""

import hashlib
import hmac
import secrets

from application.ports.passwords import Passwords

_MARK = "memory$"


class MemoryPasswords(Passwords):
    """Salted like the real ones, but quick: for tests and the offline container only."""

    async def hash(self, password: str) -> str:
        """Return a salted hash."""
        return _hashed(password, secrets.token_hex(8))

    async def verify(self, password: str, stored: str | None, adopted: str | None = None) -> bool:
        """Return whether the password fits the hash."""
        if stored is None or not stored.startswith(_MARK):
            return False
        salt = stored.removeprefix(_MARK).partition("$")[0]
        return hmac.compare_digest(_hashed(password, salt).encode(), stored.encode())

    def outdated(self, stored: str) -> bool:
        """Return whether the hash was made by anything else."""
        return not stored.startswith(_MARK)


def _hashed(password: str, salt: str) -> str:
    data = (salt + password).encode("utf-8", "surrogatepass")
    return f"{_MARK}{salt}${hashlib.sha256(data).hexdigest()}"
