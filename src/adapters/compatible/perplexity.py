"""Perplexity's models, which search the web for every answer and cite what they found.

Every chunk repeats the usage so far and the pages; the stream ends without an end mark.
"""

from adapters.compatible.dialect import Dialect
from adapters.transport.chat_wire.quirks import ChatQuirks
from domain.catalog.card import Capability, ModelCard

PROVIDER = "perplexity"
DIALECT = Dialect(
    PROVIDER,
    "PERPLEXITY_API_KEY",
    "https://api.perplexity.ai",
    ChatQuirks(
        asks_for_usage=False,
        thinkers_differ=False,
        thinks_in_tags=True,
        takes_tools=False,
        alternates=True,
    ),
)

_BLIND = frozenset({Capability.TEMPERATURE, Capability.CITATIONS})
_SEES = _BLIND | {Capability.IMAGES_IN, Capability.IMAGE_URLS}

# Without prices: to those of tokens come fees for each request and, for deep research, for its
# searches, pages and thoughts (docs.perplexity.ai, seen in 2026-11); tokens alone do not tell what
# an answer costs. Most answers tell it themselves (`usage.cost`).
CARDS = (
    ModelCard(
        id="sonar-deep-research",
        provider=PROVIDER,
        model="sonar-deep-research",
        can=_SEES | {Capability.REASONING},
        thinks=True,
        is_slow=True,
        efforts=("low", "medium", "high"),
    ),
    ModelCard(
        id="sonar-reason-pro",
        provider=PROVIDER,
        model="sonar-reasoning-pro",
        can=_BLIND,
        thinks=True,
    ),
    ModelCard(
        id="sonar-reason",
        provider=PROVIDER,
        model="sonar-reasoning",
        can=_SEES,
        thinks=True,
    ),
    ModelCard(
        id="sonar-pro",
        provider=PROVIDER,
        model="sonar-pro",
        can=_SEES,
        counterpart="sonar-reason-pro",
        context_tokens=200_000,
        aliases=("perplexity",),
    ),
    ModelCard(
        id="sonar",
        provider=PROVIDER,
        model="sonar",
        can=_SEES,
        counterpart="sonar-reason",
        aliases=("cheapest-perplexity",),
    ),
)
