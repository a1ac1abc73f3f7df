"""What a user has used in some days."""

from datetime import UTC, date, datetime, time, timedelta

from msgspec import Struct

from application.ports.clock import Clock
from application.ports.unit_of_work import UnitOfWork
from domain.errors import InvalidRequest
from domain.ids import UserId
from domain.usage import GroupBy, UsageSum, total

DAYS = 30
"""How many are shown when nobody says how many; the last of them is included."""


class UsageReport(Struct, frozen=True):
    """The sums of a period, and their sum."""

    first: date
    last: date
    """Included."""
    rows: tuple[UsageSum, ...]
    total: UsageSum


class ShowUsage:
    """Adds up; running turns are left out until they are over."""

    def __init__(self, work: UnitOfWork, clock: Clock) -> None:
        self._work = work
        self._clock = clock

    async def __call__(
        self, user: UserId, first: date | None, last: date | None, by: GroupBy = "day"
    ) -> UsageReport:
        """Return what the user has used.

        Args:
            user: whose usage.
            first: the first day (UTC); by default there are 30 of them.
            last: the last day, included; today by default.
            by: what the rows are sums of.

        Raises:
            InvalidRequest: the last day comes before the first.
        """
        end = last or self._clock.now().astimezone(UTC).date()
        start = first or end - min(timedelta(days=DAYS - 1), end - date.min)
        if start > end:
            raise InvalidRequest(f"from ({start}) must not be after to ({end})", "from")
        whole_days = datetime.combine(start, time.min, UTC), datetime.combine(end, time.max, UTC)
        rows = await self._work.run(lambda db: db.usage.sums(user, *whole_days, by))
        return UsageReport(start, end, tuple(rows), total(rows))
