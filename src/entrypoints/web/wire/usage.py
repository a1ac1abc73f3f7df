"""Sums of what a user has used → the answer of the usage endpoint."""

from msgspec import Struct

from application.usage.show_usage import UsageReport
from domain.usage import GroupBy, UsageSum


class UsageTotal(Struct, frozen=True, kw_only=True):
    """Tokens as the providers counted them, and what they cost.

    Cached and cache-written tokens are parts of the input, reasoning is part of the output.
    """

    answers: int
    """Turns that are over, failed and cancelled ones included."""
    input_tokens: int
    cached_input_tokens: int
    cache_written_tokens: int
    output_tokens: int
    reasoning_tokens: int
    cost_usd: float | None
    """What is known of it; null when nothing is."""
    unpriced_answers: int
    """How many of the answers have a cost that is not known, and not in `cost_usd`."""


class UsageRow(UsageTotal, frozen=True, kw_only=True):
    """One group: of `day`, `model` and `provider` those are set that it is a group of."""

    day: str | None
    model: str | None
    provider: str | None


class UsageData(Struct, frozen=True, kw_only=True):
    """What the caller used from one day to another, both included (UTC)."""

    first_day: str
    last_day: str
    group_by: GroupBy
    rows: tuple[UsageRow, ...]
    total: UsageTotal


def usage_data(report: UsageReport, by: GroupBy) -> UsageData:
    """Return the report as clients see it."""
    return UsageData(
        first_day=report.first.isoformat(),
        last_day=report.last.isoformat(),
        group_by=by,
        rows=tuple(map(_row, report.rows)),
        total=_total(report.total),
    )


def _row(found: UsageSum) -> UsageRow:
    return UsageRow(
        day=found.day,
        model=found.model,
        provider=found.provider,
        answers=found.answers,
        input_tokens=found.input_tokens,
        cached_input_tokens=found.cached_input_tokens,
        cache_written_tokens=found.cache_written_tokens,
        output_tokens=found.output_tokens,
        reasoning_tokens=found.reasoning_tokens,
        cost_usd=found.cost_usd,
        unpriced_answers=found.unpriced_answers,
    )


def _total(found: UsageSum) -> UsageTotal:
    return UsageTotal(
        answers=found.answers,
        input_tokens=found.input_tokens,
        cached_input_tokens=found.cached_input_tokens,
        cache_written_tokens=found.cache_written_tokens,
        output_tokens=found.output_tokens,
        reasoning_tokens=found.reasoning_tokens,
        cost_usd=found.cost_usd,
        unpriced_answers=found.unpriced_answers,
    )
