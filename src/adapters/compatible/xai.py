"""xAI's Grok models.

Grok's own search of the web and of X is offered on xAI's Responses interface only; the chat wire
answers `search_parameters` with 410 (github.com/vercel/ai, pull request 15713, 2026-05). So it is
not added here, and a request that names it is refused.
"""

from adapters.compatible.dialect import Dialect
from adapters.transport.chat_wire.quirks import ChatQuirks
from domain.catalog.card import Capability, ModelCard, Price

PROVIDER = "xai"
DIALECT = Dialect(
    PROVIDER,
    "XAI_API_KEY",
    "https://api.x.ai/v1",
    ChatQuirks(
        thinkers_differ=False,
        client_runs_functions=True,
        tool_options=("tool_choice", "parallel_tool_calls"),
        runs_elsewhere={
            "web_search": "search the web on this interface",
            "x_search": "search X on this interface",
        },
    ),
)

_CAN = frozenset(
    {Capability.TEMPERATURE, Capability.IMAGES_IN, Capability.IMAGE_URLS, Capability.TOOLS}
)

# Prices and windows as listed by OpenRouter, seen in 2026-11; grok-4 costs twice as much beyond
# 128,000 tokens.
_SEEN = "2026-11"

CARDS = (
    ModelCard(
        id="grok-4",
        provider=PROVIDER,
        model="grok-4-latest",
        can=_CAN,
        context_tokens=256_000,
        output_tokens=8192,
        price=Price(3.0, 15.0, 0.75, seen=_SEEN),
        aliases=("grok",),
    ),
    ModelCard(
        id="grok-4.1-mini",
        provider=PROVIDER,
        model="grok-4-1-fast-reasoning",
        can=_CAN,
        context_tokens=2_000_000,
        price=Price(0.2, 0.5, 0.05, seen=_SEEN),
        aliases=("grok-mini", "cheapest-grok"),
    ),
    ModelCard(
        id="grok-4-mini",
        provider=PROVIDER,
        model="grok-4-fast-reasoning-latest",
        can=_CAN,
        context_tokens=2_000_000,
        price=Price(0.2, 0.5, 0.05, seen=_SEEN),
    ),
)
