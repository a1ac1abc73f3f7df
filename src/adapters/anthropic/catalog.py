"""Anthropic's models (contract: text-providers §2). Prices as published by Anthropic in 2026-02.

What its cache takes in is priced as kept for five minutes, the provider's default.
"""

from domain.catalog.card import Api, Capability, ModelCard, Price

PROVIDER = "anthropic"

_ORDINARY = frozenset(
    {
        Capability.TEMPERATURE,
        Capability.IMAGES_IN,
        Capability.FILES_IN,
        Capability.FILE_URLS,
        Capability.TOOLS,
        Capability.CITATIONS,
        Capability.BATCH,
    }
)
_REASONS = _ORDINARY | {Capability.REASONING}
_BUDGETS = (2048, 8000, 16_000)
_SEEN = "2026-02"
_BATCH_SHARE = 0.5
"""Requests in a batch cost half (the same price pages)."""

CARDS = (
    ModelCard(
        id="claude-sonnet",
        provider=PROVIDER,
        model="claude-sonnet-4-5",
        api=Api.NATIVE,
        can=_REASONS,
        efforts=_BUDGETS,
        counterpart="claude-opus",
        max_temperature=1.0,
        context_tokens=200_000,
        price=Price(3.0, 15.0, 0.3, 3.75, _SEEN, _BATCH_SHARE),
        aliases=("claude",),
    ),
    ModelCard(
        id="claude-opus",
        provider=PROVIDER,
        model="claude-opus-4-6",
        api=Api.NATIVE,
        can=_REASONS,
        efforts=_BUDGETS,
        max_temperature=1.0,
        context_tokens=200_000,
        price=Price(5.0, 25.0, 0.5, 6.25, _SEEN, _BATCH_SHARE),
        aliases=("claude-4-opus",),
    ),
    ModelCard(
        id="claude-haiku",
        provider=PROVIDER,
        model="claude-haiku-4-5",
        api=Api.NATIVE,
        can=_ORDINARY,
        max_temperature=1.0,
        context_tokens=200_000,
        price=Price(1.0, 5.0, 0.1, 1.25, _SEEN, _BATCH_SHARE),
        aliases=("claude-mini", "claude-haiku-4.5", "cheapest-claude"),
    ),
)
