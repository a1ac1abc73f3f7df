"""Every batch service of ours, over real connections to the simulated house."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any

from adapters.anthropic.batch import AnthropicBatches
from adapters.anthropic.catalog import CARDS as ANTHROPIC_CARDS
from adapters.demo.batch import DemoBatches
from adapters.demo.catalog import CARDS as DEMO_CARDS
from adapters.google.batch import GoogleBatches
from adapters.google.catalog import CARDS as GOOGLE_CARDS
from adapters.openai.batch import OpenAIBatches
from adapters.openai.catalog import CARDS as OPENAI_CARDS
from adapters.transport.patience import Patience
from application.batch.requests import NO_TOOLS
from application.ports.batches import Batches, BatchOrder
from domain.batch import BatchResult, BatchTicket, batch_id, number_of
from domain.catalog.card import ModelCard
from domain.turn.prompt import Message, Prompt, TextPart
from tests.simulators.provider_wires import KEY

NOW = datetime(2026, 1, 1, tzinfo=UTC)
BATCH = batch_id(NOW, "0123456789abcdef")
WIRES = ("openai", "openai-responses", "anthropic", "gemini", "gemini-file")
"""Gemini's file needs more requests than fit into a body."""


def card_of(wire: str) -> ModelCard:
    name = {
        "openai": "gpt-4o-mini",
        "openai-responses": "gpt-5-nano",
        "anthropic": "claude-haiku",
        "gemini": "gemini-flash",
        "gemini-file": "gemini-flash",
        "demo": "demo",
    }[wire]
    cards = (*OPENAI_CARDS, *ANTHROPIC_CARDS, *GOOGLE_CARDS, *DEMO_CARDS)
    return next(card for card in cards if card.id == name)


def count_of(wire: str) -> int:
    return 101 if wire == "gemini-file" else 4


def service_of(
    wire: str, address: str, key: str | None = KEY, patience: Patience | None = None
) -> Any:
    silence = patience or Patience()
    match wire.partition("-")[0]:
        case "openai":
            return OpenAIBatches(key, f"{address}/v1", silence)
        case "anthropic":
            return AnthropicBatches(key, address, silence)
        case "gemini":
            return GoogleBatches(key, address, silence)
        case _:
            return DemoBatches()


def order_of(wire: str, count: int | None = None) -> BatchOrder:
    card, wanted = card_of(wire), count or count_of(wire)

    async def prompts() -> AsyncGenerator[tuple[str, Prompt], None]:
        for position in range(wanted):
            said = Message("user", (TextPart(f"Question {position}"),))
            yield (
                number_of(BATCH, position),
                Prompt(card, (said,), "Be brief", max_tokens=50, native_tools=NO_TOOLS),
            )

    return BatchOrder(BATCH, card, wanted, NOW, prompts)


async def results_of(service: Batches, ticket: BatchTicket, order: BatchOrder) -> list[BatchResult]:
    found: list[BatchResult] = []
    pieces: AsyncGenerator[Sequence[BatchResult], None] = service.results(ticket, order)
    async with aclosing(pieces):
        async for piece in pieces:
            found += piece
    return found
