"""Claude Code, as a model one can choose (contract: text-providers §9)."""

from domain.catalog.card import Api, Capability, ModelCard
from domain.turn.events import CLAUDE_CODE

PROVIDER = CLAUDE_CODE

CARDS = (
    ModelCard(
        id="claude-code",
        provider="anthropic",
        adapter=PROVIDER,
        model="claude-code",
        api=Api.NATIVE,
        # Its tools are its own: none of ours can be offered to it.
        can=frozenset({Capability.IMAGES_IN}),
        context_tokens=200_000,
        output_tokens=32_000,
        aliases=("claude-sidecar",),
    ),
)
