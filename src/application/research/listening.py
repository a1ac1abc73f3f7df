"""Listens to a model whose words are not for the readers, or not as they come."""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from application.ports.clock import Clock
from domain.catalog.card import ModelCard
from domain.catalog.cost import cost_usd
from domain.provider_errors import ProviderError, ProviderTimeout
from domain.turn.events import (
    CodeResult,
    ModelEvent,
    ModelStopped,
    ProviderRetrying,
    SourceCited,
    TextDelta,
)
from domain.turn.metering import Usage
from domain.turn.research_events import StageBilled

StageName = Literal["optimization", "research", "analysis"]


class Listening:
    """To one answer of one model, in one stage."""

    def __init__(self, card: ModelCard, clock: Clock) -> None:
        self._card = card
        self._clock = clock
        self._began_at: datetime = clock.now()
        self._text: list[str] = []
        self._usage: Usage | None = None
        self._cost_usd: float | None = None
        self.pages: list[SourceCited] = []
        self.begun = False

    @property
    def text(self) -> str:
        """What was said."""
        return "".join(self._text).strip()

    @property
    def took_s(self) -> float:
        """How long it has taken so far."""
        return round((self._clock.now() - self._began_at).total_seconds(), 3)

    @property
    def cost_usd(self) -> float | None:
        """What it has cost: in the provider's own words, else by the price of the card."""
        if self._cost_usd is not None:
            return self._cost_usd
        return cost_usd(self._usage, self._card.price)

    def hear(self, events: Iterable[ModelEvent | ProviderRetrying]) -> None:
        """Take in what is said."""
        for event in events:
            self.begun = self.begun or not isinstance(event, ProviderRetrying)
            match event:
                case TextDelta(text):
                    self._text.append(text)
                case SourceCited():
                    self.pages.append(event)
                case CodeResult(cost_usd=cost) if cost is not None:
                    self._cost_usd = cost
                case ModelStopped(usage=usage, cost_usd=cost):
                    self._usage = usage
                    self._cost_usd = self._cost_usd if cost is None else cost
                case _:
                    continue

    def bill(self, failure: ProviderError | None = None) -> StageBilled:
        """Return what the stage took; nobody bills for a refusal."""
        cost = self.cost_usd
        if failure is not None:
            # Whoever is silent for long may have been at work.
            cost = None if self.begun or isinstance(failure, ProviderTimeout) else 0.0
        return StageBilled(
            self._card.model,
            self._card.provider,
            self._usage,
            cost,
            None if failure is None else failure.code,
        )
