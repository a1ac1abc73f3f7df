"""DeepSeek's models.

A message that called tools must come back with its reasoning, be it empty, or the next request is
refused (api-docs.deepseek.com/guides/thinking_mode, 2026-06).
"""

from adapters.compatible.dialect import Dialect
from adapters.transport.chat_wire.quirks import ChatQuirks
from domain.catalog.card import Capability, ModelCard

PROVIDER = "deepseek"
DIALECT = Dialect(
    PROVIDER,
    "DEEPSEEK_API_KEY",
    "https://api.deepseek.com/v1",
    ChatQuirks(
        thinkers_differ=False,
        thinking_goes_back_as="reasoning_content",
        takes_given_tools=False,
        takes_effort=False,
        alternates=True,
    ),
)

_CAN = frozenset({Capability.TEMPERATURE, Capability.TOOLS})

# Without a price: what a token costs depends on the hour of the day
# (api-docs.deepseek.com/quick_start/pricing, seen in 2026-11).
_WINDOW = 1_048_565
"""As a refusal of 2026-06 states it."""

CARDS = (
    ModelCard(
        id="deepseek-chat",
        provider=PROVIDER,
        model="deepseek-chat",
        can=_CAN,
        counterpart="deepseek-reason",
        context_tokens=_WINDOW,
        aliases=("deepseek",),
    ),
    ModelCard(
        id="deepseek-reason",
        provider=PROVIDER,
        model="deepseek-reasoner",
        can=_CAN,
        thinks=True,
        context_tokens=_WINDOW,
    ),
)
