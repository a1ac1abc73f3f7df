"""Google's Gemini models (contract: text-providers §2).

Prices as published by Google in 2026-02, for prompts of up to 200,000 tokens: of the Pro models
longer ones cost about twice as much.
"""

from domain.catalog.card import Api, Capability, ModelCard, Price

PROVIDER = "gemini"

_ALL = frozenset(
    {
        Capability.TEMPERATURE,
        Capability.REASONING,
        Capability.IMAGES_IN,
        Capability.FILES_IN,
        Capability.AUDIO_IN,
        Capability.VIDEO_IN,
        Capability.TOOLS,
        Capability.CITATIONS,
        Capability.BATCH,
    }
)
_BUDGETS = (2048, 8000, 16_000)
_SEEN = "2026-02"
_BATCH_SHARE = 0.5
"""Requests in a batch cost half (the same price pages)."""
_PICTURES = frozenset({"image/jpeg", "image/png", "image/webp", "image/heic", "image/heif"})
_OWN = (
    "https://generativelanguage.googleapis.com/",
    "https://www.youtube.com/watch",
    "https://youtu.be/",
)

CARDS = (
    ModelCard(
        id="gemini-3-pro-preview",
        provider=PROVIDER,
        model="gemini-3-pro-preview",
        api=Api.NATIVE,
        can=_ALL,
        thinks=True,
        efforts=_BUDGETS,
        context_tokens=1_048_576,
        own_urls=_OWN,
        pictures=_PICTURES,
        price=Price(2.0, 12.0, 0.2, seen=_SEEN, batch_share=_BATCH_SHARE),
        aliases=("gemini",),
    ),
    ModelCard(
        id="gemini-pro",
        provider=PROVIDER,
        model="gemini-2.5-pro",
        api=Api.NATIVE,
        can=_ALL,
        thinks=True,
        efforts=_BUDGETS,
        context_tokens=1_048_576,
        own_urls=_OWN,
        pictures=_PICTURES,
        price=Price(1.25, 10.0, 0.125, seen=_SEEN, batch_share=_BATCH_SHARE),
    ),
    ModelCard(
        id="gemini-flash",
        provider=PROVIDER,
        model="gemini-3-flash-preview",
        api=Api.NATIVE,
        can=_ALL,
        efforts=_BUDGETS,
        context_tokens=1_048_576,
        own_urls=_OWN,
        pictures=_PICTURES,
        price=Price(0.5, 3.0, 0.05, seen=_SEEN, batch_share=_BATCH_SHARE),
        aliases=("gemini-mini", "cheapest-gemini", "cheapest-model"),
    ),
    ModelCard(
        id="gemini-2.5-flash",
        provider=PROVIDER,
        model="gemini-2.5-flash",
        api=Api.NATIVE,
        can=_ALL,
        efforts=_BUDGETS,
        context_tokens=1_048_576,
        own_urls=_OWN,
        pictures=_PICTURES,
        price=Price(0.3, 2.5, 0.075, seen=_SEEN),
    ),
)
