"""Open models on Groq.

Groq sends usage unasked, in `x_groq`. Reasoning comes in `reasoning`, or in tags from models that
are not told otherwise.
"""

from adapters.compatible.dialect import Dialect
from adapters.transport.chat_wire.quirks import ChatQuirks
from domain.catalog.card import Capability, ModelCard, Price

PROVIDER = "groq"
DIALECT = Dialect(
    PROVIDER,
    "GROQ_API_KEY",
    "https://api.groq.com/openai/v1",
    ChatQuirks(
        asks_for_usage=False,
        thinkers_differ=False,
        thinks_in_tags=True,
        takes_given_tools=False,
        takes_effort=False,
    ),
)

_CAN = frozenset({Capability.TEMPERATURE, Capability.TOOLS})

# Prices and windows as published by Groq in 2026-05.
_SEEN = "2026-05"

CARDS = (
    ModelCard(
        id="gpt-oss-120b",
        provider=PROVIDER,
        model="openai/gpt-oss-120b",
        can=_CAN,
        context_tokens=131_072,
        attachments_kept=0,
        price=Price(0.15, 0.6, 0.075, seen=_SEEN),
        aliases=("gpt-oss",),
    ),
    ModelCard(
        id="llama-3.3-70b",
        provider=PROVIDER,
        model="llama-3.3-70b-versatile",
        can=_CAN,
        context_tokens=131_072,
        attachments_kept=0,
        price=Price(0.59, 0.79, seen=_SEEN),
        aliases=("llama",),
    ),
)
