"""OpenAI's models (contract: text-providers §2). Prices as published by OpenAI in 2025-12.

All come from its standard tier; the models without a price of their own for cached input pay for it
as for any other.
"""

from domain.catalog.card import Api, Capability, ModelCard, Price

PROVIDER = "openai"

_SEES = {Capability.IMAGES_IN, Capability.IMAGE_URLS, Capability.TOOLS, Capability.BATCH}
_ORDINARY = frozenset(_SEES | {Capability.TEMPERATURE})
_REASONS = frozenset(_SEES | {Capability.REASONING})
# On this interface documents are read too, and web pages found by its own search are cited.
_RESPONSES = frozenset(
    _SEES | {Capability.FILES_IN, Capability.FILE_URLS, Capability.OFFICE_IN, Capability.CITATIONS}
)
_RESPONSES_REASONS = _RESPONSES | {Capability.REASONING}
_EFFORTS = ("low", "medium", "high")
_SEEN = "2025-12"
_BATCH_SHARE = 0.5
"""Requests in a batch cost half (the same price pages)."""

CARDS = (
    ModelCard(
        id="o3",
        provider=PROVIDER,
        model="o3",
        can=_REASONS,
        thinks=True,
        efforts=_EFFORTS,
        context_tokens=200_000,
        output_tokens=16_384,
        price=Price(2.0, 8.0, 0.5, seen=_SEEN, batch_share=_BATCH_SHARE),
    ),
    ModelCard(
        id="o3-pro",
        provider=PROVIDER,
        model="o3-pro",
        api=Api.RESPONSES,
        can=_RESPONSES_REASONS,
        thinks=True,
        efforts=_EFFORTS,
        context_tokens=200_000,
        output_tokens=32_768,
        price=Price(20.0, 80.0, seen=_SEEN, batch_share=_BATCH_SHARE),
    ),
    ModelCard(
        id="o4-mini",
        provider=PROVIDER,
        model="o4-mini",
        can=_REASONS,
        thinks=True,
        efforts=_EFFORTS,
        context_tokens=200_000,
        output_tokens=16_384,
        price=Price(1.1, 4.4, 0.275, seen=_SEEN, batch_share=_BATCH_SHARE),
    ),
    ModelCard(
        id="o3-mini",
        provider=PROVIDER,
        model="o3-mini",
        api=Api.RESPONSES,
        can=frozenset(
            {Capability.TOOLS, Capability.BATCH, Capability.REASONING, Capability.CITATIONS}
        ),
        thinks=True,
        efforts=_EFFORTS,
        context_tokens=200_000,
        output_tokens=16_384,
        price=Price(1.1, 4.4, 0.55, seen=_SEEN, batch_share=_BATCH_SHARE),
    ),
    ModelCard(
        id="gpt-5-pro",
        provider=PROVIDER,
        model="gpt-5.2-pro",
        api=Api.RESPONSES,
        can=_RESPONSES_REASONS,
        thinks=True,
        efforts=("high", "high", "high"),
        context_tokens=400_000,
        output_tokens=32_768,
        code_interpreter=False,
        price=Price(21.0, 168.0, seen=_SEEN, batch_share=_BATCH_SHARE),
    ),
    # Deprecated: the alias of the same name on the next but one card is found in its place.
    ModelCard(
        id="gpt-5",
        provider=PROVIDER,
        model="gpt-5",
        api=Api.RESPONSES,
        can=_RESPONSES_REASONS,
        thinks=True,
        efforts=_EFFORTS,
        context_tokens=400_000,
        output_tokens=16_384,
        price=Price(1.25, 10.0, 0.125, seen=_SEEN, batch_share=_BATCH_SHARE),
    ),
    ModelCard(
        id="gpt-5.1",
        provider=PROVIDER,
        model="gpt-5.1",
        api=Api.RESPONSES,
        can=_RESPONSES_REASONS,
        thinks=True,
        efforts=_EFFORTS,
        context_tokens=400_000,
        output_tokens=16_384,
        price=Price(1.25, 10.0, 0.125, seen=_SEEN, batch_share=_BATCH_SHARE),
    ),
    ModelCard(
        id="gpt-5.2",
        provider=PROVIDER,
        model="gpt-5.2-chat-latest",
        api=Api.RESPONSES,
        can=_RESPONSES_REASONS,
        thinks=True,
        efforts=_EFFORTS,
        context_tokens=128_000,
        output_tokens=16_384,
        price=Price(1.75, 14.0, 0.175, seen=_SEEN, batch_share=_BATCH_SHARE),
        aliases=("gpt-5",),
    ),
    ModelCard(
        id="gpt-5-mini",
        provider=PROVIDER,
        model="gpt-5-mini",
        api=Api.RESPONSES,
        can=_RESPONSES_REASONS,
        thinks=True,
        efforts=_EFFORTS,
        counterpart="gpt-5.1",
        context_tokens=400_000,
        output_tokens=16_384,
        price=Price(0.25, 2.0, 0.025, seen=_SEEN, batch_share=_BATCH_SHARE),
    ),
    ModelCard(
        id="gpt-5-nano",
        provider=PROVIDER,
        model="gpt-5-nano",
        api=Api.RESPONSES,
        can=_RESPONSES,
        counterpart="gpt-5.1",
        context_tokens=400_000,
        price=Price(0.05, 0.4, 0.005, seen=_SEEN, batch_share=_BATCH_SHARE),
        aliases=("cheapest-openai",),
    ),
    ModelCard(
        id="gpt-4o-mini",
        provider=PROVIDER,
        model="gpt-4o-mini",
        can=_ORDINARY,
        counterpart="gpt-5.1",
        price=Price(0.15, 0.6, 0.075, seen=_SEEN, batch_share=_BATCH_SHARE),
    ),
    ModelCard(
        id="gpt-4o",
        provider=PROVIDER,
        model="chatgpt-4o-latest",
        can=_ORDINARY,
        counterpart="gpt-5.1",
        price=Price(5.0, 15.0, seen=_SEEN, batch_share=_BATCH_SHARE),
        aliases=("openai",),
    ),
    ModelCard(
        id="gpt-4.1",
        provider=PROVIDER,
        model="gpt-4.1-2025-04-14",
        can=_ORDINARY,
        counterpart="o3",
        context_tokens=1_047_576,
        price=Price(2.0, 8.0, 0.5, seen=_SEEN, batch_share=_BATCH_SHARE),
    ),
    ModelCard(
        id="gpt-4.1-mini",
        provider=PROVIDER,
        model="gpt-4.1-mini-2025-04-14",
        can=_ORDINARY,
        counterpart="o4-mini",
        context_tokens=1_047_576,
        price=Price(0.4, 1.6, 0.1, seen=_SEEN, batch_share=_BATCH_SHARE),
    ),
    ModelCard(
        id="gpt-4.1-nano",
        provider=PROVIDER,
        model="gpt-4.1-nano-2025-04-14",
        can=_ORDINARY,
        counterpart="o4-mini",
        context_tokens=1_047_576,
        price=Price(0.1, 0.4, 0.025, seen=_SEEN, batch_share=_BATCH_SHARE),
    ),
)
