"""What answering one question took: tokens, money, time and attempts."""

from typing import Any

import msgspec
from msgspec import Struct


class Usage(Struct, frozen=True, omit_defaults=True):
    """Tokens as the provider counted them."""

    input_tokens: int = 0
    output_tokens: int = 0
    total_tokens: int = 0
    cached_input_tokens: int = 0
    reasoning_tokens: int = 0
    cache_written_tokens: int = 0
    """Of the input, what the provider took into its cache, where it bills that apart."""

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            self.total_tokens + other.total_tokens,
            self.cached_input_tokens + other.cached_input_tokens,
            self.reasoning_tokens + other.reasoning_tokens,
            self.cache_written_tokens + other.cache_written_tokens,
        )


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
        """Return it as plain data, tokens beside the rest: as it is stored and shown."""
        found = msgspec.json.decode(msgspec.json.encode(self), type=dict[str, Any])
        tokens: dict[str, Any] = found.pop("usage") or {}
        return tokens | found
