"""Ids that somebody else has taken."""

from uuid import UUID, uuid5

from domain.ids import UserId

_OURS = UUID("6d1f3f6e-6f0b-4a55-9f0e-3f2f2c1f8a9d")


def other_id(user: UserId, taken: str) -> str:
    """Return the id that a user's import gives to what another customer has under this one.

    Always the same one, so that an import that is repeated finds what it has stored.
    """
    return str(uuid5(_OURS, f"{user}:{taken}"))
