"""Who reads the answers of each recorded wire, and which model gave them."""

from adapters.anthropic.catalog import CARDS as ANTHROPIC_CARDS
from adapters.anthropic.events import MessagesReader
from adapters.compatible import deepseek, groq, perplexity, xai
from adapters.google.catalog import CARDS as GOOGLE_CARDS
from adapters.google.events import GenerateReader
from adapters.openai.catalog import CARDS as OPENAI_CARDS
from adapters.openai.responses_events import ResponsesReader
from adapters.transport.chat_wire.events import ChatReader
from adapters.transport.wire_reader import WireReader
from domain.catalog.card import Api, ModelCard
from tests.wire.recordings import Exchange

COMPATIBLE = {module.PROVIDER: module for module in (xai, groq, deepseek, perplexity)}
WIRES = (
    ("openai", "chat"), ("openai", "responses"), ("anthropic", "messages"), ("gemini", "generate"),
    *((provider, "chat") for provider in COMPATIBLE),
)  # fmt: skip


def wire_of(exchange: Exchange) -> tuple[str, str]:
    provider, _, rest = exchange.name.partition("/")
    return provider, rest.partition("--")[0]


def card_for(provider: str, wire: str) -> ModelCard:
    cards = {
        "openai": OPENAI_CARDS,
        "anthropic": ANTHROPIC_CARDS,
        "gemini": GOOGLE_CARDS,
        **{name: module.CARDS for name, module in COMPATIBLE.items()},
    }[provider]
    api = Api.RESPONSES if wire == "responses" else cards[0].api
    return next(card for card in cards if card.api is (Api.CHAT if wire == "chat" else api))


def reader_for(provider: str, wire: str) -> WireReader:
    match wire:
        case "responses":
            return ResponsesReader()
        case "messages":
            return MessagesReader()
        case "generate":
            return GenerateReader()
        case _:
            quirks = COMPATIBLE[provider].DIALECT.quirks if provider in COMPATIBLE else None
            return ChatReader(provider, quirks)
