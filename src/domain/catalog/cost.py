"""From usage and price to US dollars."""

from math import ceil
from typing import Protocol

from domain.catalog.card import Price

MTOK = 1_000_000
CHARS_A_TOKEN = 3
"""Fewer than any provider's tokens hold on average, so that an estimate is rather too high."""


class Tokens(Protocol):
    """What is billed of an answer; cached and cache-written tokens are parts of the input."""

    @property
    def input_tokens(self) -> int:
        """All that was read."""
        ...

    @property
    def output_tokens(self) -> int:
        """All that was written, reasoning included."""
        ...

    @property
    def cached_input_tokens(self) -> int:
        """Of the input, what the provider's cache held."""
        ...

    @property
    def cache_written_tokens(self) -> int:
        """Of the input, what the provider's cache took in."""
        ...


def cost_usd(usage: Tokens | None, price: Price | None) -> float | None:
    """Return what an answer cost, or None where tokens or prices are not known.

    Counts that contradict one another never make it cheaper than nothing: no part of the input is
    larger than the input.
    """
    if usage is None or price is None:
        return None
    sent = max(usage.input_tokens, 0)
    cached = min(max(usage.cached_input_tokens, 0), sent)
    written = min(max(usage.cache_written_tokens, 0), sent - cached)
    full = price.input_usd_per_mtok
    return (
        (sent - cached - written) * full
        + cached * _or_full(price.cached_input_usd_per_mtok, full)
        + written * _or_full(price.cache_written_usd_per_mtok, full)
        + max(usage.output_tokens, 0) * price.output_usd_per_mtok
    ) / MTOK


def estimate_usd(price: Price | None, characters: int, output_tokens: int) -> float:
    """Return what an answer may cost at most, as far as can be told before; 0 without a price.

    Args:
        price: of the model.
        characters: of all that is sent.
        output_tokens: the limit of the answer.
    """
    if price is None:
        return 0.0
    sent = ceil(characters / CHARS_A_TOKEN)
    dearest = max(price.input_usd_per_mtok, price.cache_written_usd_per_mtok or 0.0)
    return (sent * dearest + output_tokens * price.output_usd_per_mtok) / MTOK


def _or_full(price: float | None, full: float) -> float:
    return full if price is None else price
