"""The models on offer, and who speaks to each provider.

A provider that speaks OpenAI's chat wire is one file under `adapters/compatible` and a word in
`COMPATIBLE`; any other is a folder of its own, its cards in `SHIPPED_CARDS` and an entry in
`adapters`.
"""

import os
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import NewType

from dishka import Provider, Scope, provide  # pyright: ignore[reportUnknownVariableType] - dishka's own

from adapters.anthropic.catalog import CARDS as ANTHROPIC_CARDS
from adapters.anthropic.chat import AnthropicChatModel
from adapters.claude_code.catalog import CARDS as CLAUDE_CODE_CARDS
from adapters.claude_code.chat import ClaudeCodeChatModel
from adapters.compatible import deepseek, groq, perplexity, xai
from adapters.compatible.chat import CompatibleChatModel
from adapters.compatible.dialect import Dialect
from adapters.compatible.local import PREFIX as LOCAL_PREFIX
from adapters.compatible.local import LocalModels, local_card
from adapters.demo.catalog import CARDS as DEMO_CARDS
from adapters.demo.chat import DemoChatModel
from adapters.google.catalog import CARDS as GOOGLE_CARDS
from adapters.google.chat import GoogleChatModel
from adapters.openai.catalog import CARDS as OPENAI_CARDS
from adapters.openai.chat import OpenAIChatModel
from adapters.transport.patience import Patience
from application.agent.lanes import Lanes
from application.ports.chat_model import ChatModel
from application.ports.clock import Clock
from domain.catalog.catalog import Catalog
from domain.catalog.fallbacks import Fallbacks
from domain.errors import UnknownModel
from entrypoints.wiring.models_file import ModelsFile, read_models, with_own_models
from entrypoints.wiring.settings import Secret, Settings, SettingsError

COMPATIBLE = (xai, groq, deepseek, perplexity)
"""Each with a `DIALECT` and `CARDS`; settings name its key `<provider>_api_key`."""

SHIPPED_CARDS = (
    *OPENAI_CARDS,
    *ANTHROPIC_CARDS,
    *GOOGLE_CARDS,
    *CLAUDE_CODE_CARDS,
    *(card for provider in COMPATIBLE for card in provider.CARDS),
    *DEMO_CARDS,
)

Adapter = OpenAIChatModel | AnthropicChatModel | GoogleChatModel | CompatibleChatModel
Adapters = NewType("Adapters", Mapping[str, Sequence[Adapter]])
"""By the provider's name: one for each key, and one that misses its key where there is none."""

ChatModels = Mapping[str, ChatModel]
"""The chat model of each provider, by the provider's name."""


class ModelsProvider(Provider):
    """Nothing connects, and no SDK is imported, before the first question."""

    scope = Scope.APP

    @provide
    def models_file(self, settings: Settings) -> ModelsFile:
        """What the operator says of models."""
        return read_models(settings.models_file)

    @provide
    def catalog(self, own: ModelsFile) -> Catalog:
        """Shipped cards, the operator's own, and any model of a local server."""
        made = {LOCAL_PREFIX: local_card}
        try:
            return Catalog(with_own_models(SHIPPED_CARDS, own), own.aliases, made)
        except ValueError as error:
            raise SettingsError(f"PARLEY_MODELS_FILE: {error}") from error

    @provide
    def fallbacks(self, own: ModelsFile, catalog: Catalog) -> Fallbacks:
        """Who stands in for whom; every name must be that of a model."""
        try:
            return own.fallback.resolved(catalog)
        except UnknownModel as error:
            raise SettingsError(f"PARLEY_MODELS_FILE, fallback: {error}") from error

    @provide
    def patience(self, settings: Settings) -> Patience:
        """When a silent provider has failed."""
        return Patience(
            connect_s=settings.provider_connect_timeout_s,
            first_token_s=settings.provider_first_token_timeout_s,
            idle_s=settings.provider_idle_timeout_s,
            slow_s=settings.provider_slow_timeout_s,
        )

    @provide
    async def adapters(self, settings: Settings, patience: Patience) -> AsyncIterator[Adapters]:
        """Who speaks to each provider, once for each of its keys."""
        openai, anthropic, google = OpenAIChatModel, AnthropicChatModel, GoogleChatModel
        found = Adapters(
            {
                "openai": [
                    openai(key, settings.openai_base_url, patience)
                    for key in settings.openai_api_key.parts()
                ],
                "anthropic": [
                    anthropic(key, settings.anthropic_base_url, patience)
                    for key in settings.anthropic_api_key.parts()
                ],
                "gemini": [
                    google(key, settings.google_base_url, patience)
                    for key in settings.google_api_key.parts()
                ],
                **{
                    provider.DIALECT.provider: _compatible(provider.DIALECT, settings, patience)
                    for provider in COMPATIBLE
                },
            }
        )
        yield found
        for keys in found.values():
            for adapter in keys:
                await adapter.aclose()

    @provide
    async def local_models(
        self, settings: Settings, patience: Patience
    ) -> AsyncIterator[LocalModels]:
        """Any server that speaks OpenAI's wire."""
        models = LocalModels(settings.local_base_url, settings.local_api_key, patience)
        yield models
        await models.aclose()

    @provide
    def claude_code(self, settings: Settings, patience: Patience) -> ClaudeCodeChatModel:
        """Started for a question, and only where the operator names the program."""
        return ClaudeCodeChatModel(
            settings.claude_code,
            settings.data_dir / "claude_code",
            settings.claude_code_model or None,
            patience,
            os.environ,
        )

    @provide
    def chat_models(
        self,
        settings: Settings,
        adapters: Adapters,
        claude_code: ClaudeCodeChatModel,
        local: LocalModels,
        clock: Clock,
    ) -> ChatModels:
        """Every provider behind its circuit; what runs here needs none."""
        limit = settings.circuit_failures
        return {
            **{name: Lanes(name, keys, clock, limit) for name, keys in adapters.items()},
            "local": Lanes("local", [local], clock, limit),
            "claude_code": claude_code,
            "demo": DemoChatModel(clock),
        }


def _compatible(
    dialect: Dialect, settings: Settings, patience: Patience
) -> list[CompatibleChatModel]:
    keys: Secret = getattr(settings, f"{dialect.provider}_api_key")
    address: str = getattr(settings, f"{dialect.provider}_base_url")
    return [CompatibleChatModel(dialect, key, address, patience) for key in keys.parts()]
