"""What answering one question took: tokens, money, time and attempts."""

from typing import Any

import msgspec
from msgspec import Struct

from domain.turn.events import Usage


class Attempt(Struct, frozen=True):
    """One call of a provider; `error` is the code of its failure, None where it answered."""

    model: str
    provider: str
    error: str | None = None


class Metering(Struct, frozen=True, kw_only=True):
    """The bill of one turn. Times are in milliseconds from the moment the turn began to run."""

    model: str
    """The provider's own name of the model that answered, or was asked last …"""
    provider: str
    """… and who offers it."""
    usage: Usage | None = None
    """Of all rounds together; None: the provider never said."""
    cost_usd: float | None = None
    """None: not known, because the tokens or the price are not."""
    attempts: tuple[Attempt, ...] = ()
    """In order, the failed ones before the one that answered."""
    first_token_ms: int | None = None
    """Until the first piece of the answer; None: there was none."""
    provider_ms: int = 0
    """Spent waiting for providers and listening to them."""
    total_ms: int = 0

    def told(self) -> dict[str, Any]:
        """Return it as plain data, the way it is stored with a message and read back."""
        return msgspec.json.decode(msgspec.json.encode(self), type=dict[str, Any])
