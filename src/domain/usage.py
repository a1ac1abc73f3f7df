"""What users have used: one record a turn, and sums of them."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Literal

from msgspec import Struct

from domain.ids import TurnId, UserId
from domain.turn.metering import Metering, Usage

GroupBy = Literal["day", "model", "provider"]

MICRO = 1_000_000
"""Money is stored and added up in millionths of a dollar: sums of whole numbers are exact."""

NAME_CHARS = 100
_MOST = 2**53
"""More than any true count; what a provider makes up beyond it would not fit every store."""


class UsageState(StrEnum):
    """Whether it is known what a turn used."""

    RESERVED = "reserved"
    SETTLED = "settled"


class UsageRecord(Struct, frozen=True, kw_only=True):
    """What one turn used."""

    turn: TurnId
    user: UserId
    at: datetime
    """Aware UTC: when money was set aside for it, else when it was billed."""
    model: str
    provider: str
    state: UsageState = UsageState.SETTLED
    input_tokens: int = 0
    cached_input_tokens: int = 0
    cache_written_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0
    reserved_micro_usd: int | None = None
    """What was set aside before the call. None in a record that is written over another: what
    that one says stays."""
    cost_micro_usd: int | None = None
    """None: not known."""


class UsageSum(Struct, frozen=True, kw_only=True):
    """What settled turns used together; the keys that they have in common are set."""

    day: str | None = None
    """ISO date, UTC."""
    model: str | None = None
    provider: str | None = None
    answers: int = 0
    input_tokens: int = 0
    cached_input_tokens: int = 0
    cache_written_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0
    known_micro_usd: int = 0
    unpriced_answers: int = 0
    """Those whose cost is not known."""

    @property
    def cost_usd(self) -> float | None:
        """What is known of the cost; None when nothing is."""
        if self.answers and self.unpriced_answers == self.answers:
            return None
        return usd(self.known_micro_usd)


def billed(turn: TurnId, user: UserId, metering: Metering, at: datetime) -> UsageRecord:
    """Return the record of a turn that is over."""
    usage = metering.usage or Usage()
    cost = metering.cost_usd
    return UsageRecord(
        turn=turn,
        user=user,
        at=at,
        model=metering.model[:NAME_CHARS],
        provider=metering.provider[:NAME_CHARS],
        input_tokens=_counted(usage.input_tokens),
        cached_input_tokens=_counted(usage.cached_input_tokens),
        cache_written_tokens=_counted(usage.cache_written_tokens),
        output_tokens=_counted(usage.output_tokens),
        reasoning_tokens=_counted(usage.reasoning_tokens),
        cost_micro_usd=None if cost is None else micro_usd(cost),
    )


def total(sums: Iterable[UsageSum]) -> UsageSum:
    """Return the sum of sums."""
    found = tuple(sums)
    return UsageSum(
        answers=sum(one.answers for one in found),
        input_tokens=sum(one.input_tokens for one in found),
        cached_input_tokens=sum(one.cached_input_tokens for one in found),
        cache_written_tokens=sum(one.cache_written_tokens for one in found),
        output_tokens=sum(one.output_tokens for one in found),
        reasoning_tokens=sum(one.reasoning_tokens for one in found),
        known_micro_usd=sum(one.known_micro_usd for one in found),
        unpriced_answers=sum(one.unpriced_answers for one in found),
    )


def micro_usd(dollars: float) -> int:
    """Return dollars as whole millionths."""
    return _counted(round(dollars * MICRO))


def usd(millionths: int) -> float:
    """Return millionths as dollars."""
    return millionths / MICRO


def _counted(number: int) -> int:
    return min(max(number, 0), _MOST)
