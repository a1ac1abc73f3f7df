"""Batches: who takes them, and what goes on by itself."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import NewType

from dishka import Provider, Scope, provide  # pyright: ignore[reportUnknownVariableType] - dishka's own

from adapters.anthropic.batch import AnthropicBatches
from adapters.demo.batch import DemoBatches
from adapters.google.batch import GoogleBatches
from adapters.openai.batch import OpenAIBatches
from adapters.transport.patience import Patience
from application.batch.cancel import CancelBatch
from application.batch.collect import CollectBatch
from application.batch.follow import BatchPace, FollowBatch
from application.batch.forget import DropResults, UserBatches
from application.batch.requests import KeptRequests
from application.batch.services import BatchLanes, BatchServices
from application.batch.settle import SettleBatch
from application.batch.show import FetchResults, ShowBatches, ShowServices
from application.batch.submit import BatchRules, SubmitBatch
from application.ports.clock import Clock
from entrypoints.wiring.settings import Settings

BatchAdapter = OpenAIBatches | AnthropicBatches | GoogleBatches
BatchAdapters = NewType("BatchAdapters", Mapping[str, Sequence[BatchAdapter]])
"""By the provider's name: one for each key, and one that misses its key where there is none."""


class BatchesProvider(Provider):
    """Nothing connects, and nothing heavy is imported, before the first batch."""

    scope = Scope.APP

    kept = provide(KeptRequests)
    submit = provide(SubmitBatch)
    show = provide(ShowBatches)
    fetch = provide(FetchResults)
    show_services = provide(ShowServices)
    cancel = provide(CancelBatch)
    collect = provide(CollectBatch)
    settle = provide(SettleBatch)
    follow = provide(FollowBatch)
    drop_results = provide(DropResults)
    user_batches = provide(UserBatches)

    @provide
    def rules(self, settings: Settings) -> BatchRules:
        """What the operator allows."""
        limit = settings.batch_daily if settings.batch_rate_limiting else None
        return BatchRules(settings.batch_api, limit)

    @provide
    def pace(self, settings: Settings) -> BatchPace:
        """As often as the operator says, and the first time after half as long."""
        every_s = settings.batch_polling_s
        return BatchPace(every_s / 2, every_s, settings.batch_timeout_s)

    @provide
    async def adapters(
        self, settings: Settings, patience: Patience
    ) -> AsyncIterator[BatchAdapters]:
        """Who speaks to each provider, once for each of its keys."""
        said = settings
        found = BatchAdapters(
            {
                "openai": [
                    OpenAIBatches(key, said.openai_base_url, patience)
                    for key in said.openai_api_key.parts()
                ],
                "anthropic": [
                    AnthropicBatches(key, said.anthropic_base_url, patience)
                    for key in said.anthropic_api_key.parts()
                ],
                "gemini": [
                    GoogleBatches(key, said.google_base_url, patience)
                    for key in said.google_api_key.parts()
                ],
            }
        )
        yield found
        for keys in found.values():
            for adapter in keys:
                await adapter.aclose()

    @provide
    def services(self, settings: Settings, adapters: BatchAdapters, clock: Clock) -> BatchServices:
        """Every provider behind its circuit; the demonstration needs none."""
        limit = settings.circuit_failures
        lanes = {name: BatchLanes(name, keys, clock, limit) for name, keys in adapters.items()}
        return BatchServices({**lanes, "demo": DemoBatches()})
