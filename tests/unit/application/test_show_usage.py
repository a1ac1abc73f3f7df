"""Which days are added up."""

from datetime import UTC, date, datetime, timedelta

import pytest

from adapters.memory.clock import ManualClock
from adapters.memory.unit_of_work import MemoryUnitOfWork
from application.usage.show_usage import ShowUsage
from domain.errors import InvalidRequest
from domain.ids import TurnId
from domain.usage import UsageRecord
from tests.unit.rig import ANNA

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)


@pytest.fixture
async def show() -> ShowUsage:
    clock = ManualClock(NOW)
    store = MemoryUnitOfWork(clock)
    async with store() as db:
        await db.accounts.add("anna", "hash", None)
        for days in range(40):
            at = NOW - timedelta(days=days)
            turn = TurnId(f"t-{days}")
            await db.usage.put(
                UsageRecord(turn=turn, user=ANNA, at=at, model="m", provider="p", cost_micro_usd=1)
            )
    return ShowUsage(store, clock)


@pytest.mark.parametrize(
    ("first", "last", "answers"),
    [
        (None, None, 30),
        (date(2026, 3, 30), None, 2),
        (None, date(2026, 3, 1), 10),
        (date(2026, 3, 1), date(2026, 3, 1), 1),
        (date(2026, 1, 1), date(2026, 12, 31), 40),
        (date.min, date.max, 40),
        (None, date.min, 0),
    ],
)
async def test_days_are_whole_and_the_last_is_included(
    show: ShowUsage, first: date | None, last: date | None, answers: int
) -> None:
    report = await show(ANNA, first, last)
    assert report.total.answers == answers == len(report.rows)


async def test_thirty_days_up_to_today_are_shown_by_default(show: ShowUsage) -> None:
    report = await show(ANNA, None, None)
    assert (report.first, report.last) == (date(2026, 3, 2), date(2026, 3, 31))
    assert report.rows[0].day == "2026-03-02"


@pytest.mark.parametrize(
    ("first", "last"), [(date(2026, 3, 2), date(2026, 3, 1)), (date(2027, 1, 1), None)]
)
async def test_a_period_that_ends_before_it_begins_is_refused(
    show: ShowUsage, first: date, last: date | None
) -> None:
    with pytest.raises(InvalidRequest, match="must not be after") as told:
        await show(ANNA, first, last)
    assert told.value.field == "from"
