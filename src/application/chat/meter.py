"""Measures what answering one question takes."""

from collections.abc import Sequence
from datetime import datetime

from application.chat.answer_event import AnswerEvent
from application.ports.clock import Clock
from domain.catalog.card import ModelCard
from domain.catalog.cost import cost_usd
from domain.errors import ParleyError
from domain.provider_errors import ContentRefused, EmptyAnswer, ProviderTimeout
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
from domain.turn.research_events import ReportDelta, Stage, StageBilled

_MARKS = (
    ModelStopped,
    RoundBegan,
    LoopStopped,
    SpentBeside,
    ToolReturned,  # What a tool has spent is told with its result.
    ProviderRetrying,
    CodeResult,
    Stage,
    StageBilled,
    ReportDelta,
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
        self._asked: tuple[str, str] | None = None
        """Model and provider of those that are being asked."""
        self._stage_open = False
        """A stage of research is not billed yet …"""
        self._stage_spoke = False
        """… and its model has begun to answer."""
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
        self._asked = (card.model, card.provider)
        self._asked_at = self._clock.now()

    def failed(self, error: ParleyError) -> None:
        """Note what the model failed with."""
        if isinstance(error, EmptyAnswer | ContentRefused) and self._asked_at is None:
            self._attempts.pop()  # It had ended as if all were well, and has said nothing.
        self._tried(error.code)
        self._round_over()
        if not (self._stage_spoke or isinstance(error, ProviderTimeout)):
            self._stage_open = False  # Refused: nobody bills for that.

    def saw(self, batch: Sequence[AnswerEvent]) -> None:
        """Take in what was said; on the token path a look at the last event is enough."""
        if self._first_at is None and any(isinstance(event, _SAID) for event in batch):
            self._first_at = self._clock.now()
        last = batch[-1]
        # What it mostly is, is asked first: holding text against ten marks costs a microsecond.
        if not isinstance(last, _SAID) and isinstance(last, _MARKS):
            for event in batch:
                if not isinstance(event, _SAID):  # A fast answer comes with its end.
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
            usage=self._tokens(),
            cost_usd=self._cost(self._card),
            attempts=tuple(self._attempts),
            first_token_ms=None if self._first_at is None else _ms(self._began_at, self._first_at),
            provider_ms=self._provider_ms + running_ms,
            total_ms=_ms(self._began_at, now),
        )

    def _tokens(self) -> Usage | None:
        beside = self._usage_beside
        if self._usage is None:
            return beside if beside != Usage() else None
        return self._usage + beside

    def _mark(self, event: AnswerEvent) -> None:
        match event:
            case ProviderRetrying(reason=reason):
                self._tried(reason)
            case RoundBegan():
                self._asked_at = self._asked_at or self._clock.now()
            case LoopStopped(status=status) if status not in _SILENT:
                self._asked_at = self._clock.now()  # For its last words.
            case SpentBeside():
                self._spent_beside(event.usage, event.cost_usd)
            case Stage() | ReportDelta() | StageBilled():
                self._mark_stage(event)
            case CodeResult(cost_usd=cost):
                self._told_cost(cost)
            case ModelStopped(usage=usage, cost_usd=cost):
                self._round_over()
                if not (self._attempts and self._attempts[-1].error is None):
                    self._tried(None)
                if usage is not None:
                    self._usage = usage if self._usage is None else self._usage + usage
                self._told_cost(cost)
            case _:
                return

    def _mark_stage(self, event: Stage | ReportDelta | StageBilled) -> None:
        match event:
            case Stage(model=model, provider=provider) if model:
                self._stage_open, self._stage_spoke = True, False
                self._asked = (model, provider)
                self._asked_at = self._asked_at or self._clock.now()
            case ReportDelta():
                self._stage_spoke = True
            case StageBilled():
                self._stage_billed(event)
            case _:
                return

    def _told_cost(self, cost_usd: float | None) -> None:
        if cost_usd is not None:
            self._cost_usd = (self._cost_usd or 0.0) + cost_usd

    def _stage_billed(self, bill: StageBilled) -> None:
        self._tried(bill.error)
        self._round_over()
        self._spent_beside(bill.usage, bill.cost_usd)
        self._stage_open, self._asked = False, None

    def _spent_beside(self, usage: Usage | None, cost_usd: float | None) -> None:
        known = self._beside_usd is not None and cost_usd is not None
        self._beside_usd = (self._beside_usd or 0.0) + (cost_usd or 0.0) if known else None
        if usage is not None:
            self._usage_beside = self._usage_beside + usage

    def _tried(self, error: str | None) -> None:
        if self._asked is not None:
            self._attempts.append(Attempt(*self._asked, error))

    def _round_over(self) -> None:
        if self._asked_at is not None:
            self._provider_ms += _ms(self._asked_at, self._clock.now())
            self._asked_at = None

    def _cost(self, card: ModelCard) -> float | None:
        own = self._own_cost(card)
        if own is None or self._beside_usd is None or self._stage_open:
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
