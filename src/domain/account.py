"""Who uses Parley."""

from datetime import datetime

from msgspec import Struct

from domain.ids import UserId


class Account(Struct, frozen=True):
    """One user. `password_hash` is argon2id, or bcrypt in a database taken over from elsewhere."""

    id: UserId
    username: str
    password_hash: str
    email: str | None = None
    created_at: datetime | None = None
    token_version: int = 0
    """Tokens that carry another version speak for nobody any more."""
