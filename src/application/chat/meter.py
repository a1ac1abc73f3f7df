"""Measures what answering one question takes."""

from collections.abc import Sequence
from datetime import datetime

from application.agent.loop import AgentEvent
from application.ports.clock import Clock
from domain.catalog.card import ModelCard
from domain.catalog.cost import cost_usd
from domain.errors import ParleyError
from domain.turn.agent_events import LoopStopped, RoundBegan, SpentBeside
from domain.turn.events import (
    CodeResult,
    ModelStopped,
    ProviderRetrying,
    TextDelta,
    ThinkingDelta,
    ToolReturned,
)
from domain.turn.metering import Attempt, Metering, Usage

_MARKS = (
    ModelStopped,
    RoundBegan,
    LoopStopped,
    SpentBeside,
    ToolReturned,  # What a tool has spent is told with its result.
    ProviderRetrying,
    CodeResult,
)
_SAID = (TextDelta, ThinkingDelta)
_SILENT = ("completed", "spending_cap")
"""Ends of an agent's work after which no model is asked."""


class Meter:
    """One turn's: told what is asked and what comes of it, asked for the bill at any time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._began_at = clock.now()
        self._card: ModelCard | None = None
        self._attempts: list[Attempt] = []
        self._usage: Usage | None = None
        self._usage_beside = Usage()
        self._cost_usd: float | None = None
        """As the provider itself puts it."""
        self._beside_usd: float | None = 0.0
        """Of models that tools have asked; None: nobody knows."""
        self._first_at: datetime | None = None
        self._asked_at: datetime | None = None
        """When the provider was asked that has not ended its round yet."""
        self._provider_ms = 0

    def asks(self, card: ModelCard) -> None:
        """Note that a model is asked."""
        self._card = card
        self._asked_at = self._clock.now()

    def failed(self, error: ParleyError) -> None:
        """Note what the model failed with."""
        self._tried(error.code)
        self._round_over()

    def saw(self, batch: Sequence[AgentEvent]) -> None:
        """Take in what was said; on the token path a look at the last event is enough."""
        if self._first_at is None and any(isinstance(event, _SAID) for event in batch):
            self._first_at = self._clock.now()
        if isinstance(batch[-1], _MARKS):
            for event in batch:
                self._mark(event)

    @property
    def spent_usd(self) -> float | None:
        """What it has cost so far, where that is known."""
        return None if self._card is None else self._cost(self._card)

    def reading(self) -> Metering | None:
        """Return the bill so far; None before any model was asked."""
        if self._card is None:
            return None
        now = self._clock.now()
        running_ms = 0 if self._asked_at is None else _ms(self._asked_at, now)
        return Metering(
            model=self._card.model,
            provider=self._card.provider,
            usage=self._usage and self._usage + self._usage_beside,
            cost_usd=self._cost(self._card),
            attempts=tuple(self._attempts),
            first_token_ms=None if self._first_at is None else _ms(self._began_at, self._first_at),
            provider_ms=self._provider_ms + running_ms,
            total_ms=_ms(self._began_at, now),
        )

    def _mark(self, event: AgentEvent) -> None:
        match event:
            case ProviderRetrying(reason=reason):
                self._tried(reason)
            case RoundBegan():
                self._asked_at = self._asked_at or self._clock.now()
            case LoopStopped(status=status) if status not in _SILENT:
                self._asked_at = self._clock.now()  # For its last words.
            case SpentBeside():
                self._spent_beside(event)
            case CodeResult(cost_usd=cost) if cost is not None:
                self._cost_usd = (self._cost_usd or 0.0) + cost
            case ModelStopped(usage=usage):
                self._round_over()
                if not (self._attempts and self._attempts[-1].error is None):
                    self._tried(None)
                if usage is not None:
                    self._usage = usage if self._usage is None else self._usage + usage
            case _:
                return

    def _spent_beside(self, spent: SpentBeside) -> None:
        known = self._beside_usd is not None and spent.cost_usd is not None
        self._beside_usd = (self._beside_usd or 0.0) + (spent.cost_usd or 0.0) if known else None
        if spent.usage is not None:
            self._usage_beside = self._usage_beside + spent.usage

    def _tried(self, error: str | None) -> None:
        if self._card is not None:
            self._attempts.append(Attempt(self._card.model, self._card.provider, error))

    def _round_over(self) -> None:
        if self._asked_at is not None:
            self._provider_ms += _ms(self._asked_at, self._clock.now())
            self._asked_at = None

    def _cost(self, card: ModelCard) -> float | None:
        own = self._own_cost(card)
        if own is None or self._beside_usd is None:
            return None
        return own + self._beside_usd

    def _own_cost(self, card: ModelCard) -> float | None:
        if self._cost_usd is not None:
            return self._cost_usd
        if self._usage is None and self._first_at is None:
            return 0.0  # Refused, or failed before the first word: nobody bills for that.
        return cost_usd(self._usage, card.price)


def _ms(start: datetime, end: datetime) -> int:
    return round((end - start).total_seconds() * 1000)
