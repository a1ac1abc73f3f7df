"""Every provider itself, asked for one word through the real adapter: by hand, with real keys.

    RUN_MANUAL_TESTS=1 python -m pytest tests/live_api -rs

Keys and addresses come from where the server takes them: the environment, or `.env`. A question
costs a fraction of a cent. What is missing is named, and only what is missing is skipped.
"""

import os
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

import pytest
from dishka import AsyncContainer

from domain.catalog.catalog import Catalog
from domain.turn.events import ModelStopped, TextDelta
from domain.turn.prompt import Message, Prompt, TextPart
from entrypoints.wiring.container import make_container
from entrypoints.wiring.environment import process_settings
from entrypoints.wiring.providers.models import ChatModels
from entrypoints.wiring.settings import Settings
from entrypoints.wiring.variables import VARIABLES
from tests.batches import one_by_one

pytestmark = [pytest.mark.live_api, pytest.mark.timeout(120)]

MOST_TOKENS = 64
"""Of an answer: more than one word of a model that does not reason."""
MOST_TOKENS_WITH_REASONING = 2048
"""Of models that reason before they speak, whether they are told to or not."""


@dataclass(frozen=True)
class Live:
    """A provider's cheapest model."""

    model: str
    needs: str
    """The setting without which it cannot be asked."""
    most_tokens: int = MOST_TOKENS


LIVE = {
    "openai chat": (Live("gpt-4o-mini", "openai_api_key"), pytest.mark.requires_openai),
    "openai responses": (
        Live("gpt-5-nano", "openai_api_key", MOST_TOKENS_WITH_REASONING),
        pytest.mark.requires_openai,
    ),
    "anthropic": (Live("claude-haiku", "anthropic_api_key"), pytest.mark.requires_anthropic),
    "gemini": (
        Live("gemini-flash", "google_api_key", MOST_TOKENS_WITH_REASONING),
        pytest.mark.requires_google,
    ),
    "xai": (Live("grok-4.1-mini", "xai_api_key", MOST_TOKENS_WITH_REASONING), ()),
    "groq": (Live("llama-3.3-70b", "groq_api_key"), ()),
    "deepseek": (Live("deepseek-chat", "deepseek_api_key"), ()),
    "perplexity": (Live("sonar", "perplexity_api_key"), ()),
}


@pytest.fixture
def settings(live: Live) -> Settings:
    """Return this machine's settings; skip the test where it must not, or cannot, be run."""
    found = process_settings()
    missing = [] if os.environ.get("RUN_MANUAL_TESTS") == "1" else ["RUN_MANUAL_TESTS=1"]
    if not getattr(found, live.needs):
        missing.append(VARIABLES[live.needs].name)
    if missing:
        pytest.skip(f"needs {' and '.join(missing)}")
    return found


@pytest.fixture
async def container(settings: Settings) -> AsyncGenerator[AsyncContainer, None]:
    made = make_container(settings)
    yield made
    await made.close()


@pytest.mark.parametrize(
    "live", [pytest.param(live, marks=marks, id=name) for name, (live, marks) in LIVE.items()]
)
async def test_a_provider_says_one_word_counts_it_and_stops(
    container: AsyncContainer, live: Live
) -> None:
    card = (await container.get(Catalog)).find(live.model)
    model = (await container.get(ChatModels))[card.provider]
    asked = TextPart("Reply with the single word: pong")
    prompt = Prompt(card, (Message("user", (asked,)),), max_tokens=live.most_tokens)
    async with aclosing(one_by_one(model.stream(prompt))) as events:
        told = [event async for event in events]
    assert "pong" in "".join(event.text for event in told if isinstance(event, TextDelta)).lower()
    [stopped] = [event for event in told if isinstance(event, ModelStopped)]
    assert told[-1] is stopped
    assert stopped.reason == "stop"
    assert stopped.usage is not None
    assert stopped.usage.input_tokens > 0
    assert stopped.usage.output_tokens > 0
