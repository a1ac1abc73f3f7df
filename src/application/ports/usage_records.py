"""What users have used, and what is set aside for their running turns."""

from datetime import datetime
from typing import Protocol

from domain.ids import TurnId, UserId
from domain.usage import GroupBy, UsageRecord, UsageSum


class UsageRecords(Protocol):
    """Read and written inside a unit of work. There is one record a turn."""

    async def put(self, record: UsageRecord) -> None:
        """Store a record, over that of the same turn if there is one.

        Of that one the moment stays, and what it had set aside where the new one says nothing of
        it. So it is safe to repeat.

        Raises:
            AccountNotFound: there is no such user; the unit of work is lost.
        """
        ...

    async def rename(self, user: UserId, turn: TurnId, other: TurnId) -> None:
        """Keep the record of an earlier turn under another id, where there is one.

        A turn that runs anew under the same id is then billed beside it, and not in its place.
        """
        ...

    async def hold(self, user: UserId, since: datetime, besides: TurnId) -> int:
        """Return what a user has spent since a moment, and keep others from spending.

        That is in millionths of a dollar: each turn's cost, or what was set aside for it where the
        cost is not known (yet). Whoever asks for the same user next waits until this unit of work
        has ended, so what was read stays true.

        Args:
            user: who spends.
            since: the first moment that counts (aware UTC).
            besides: a turn that does not count.

        Raises:
            AccountNotFound: there is no such user.
        """
        ...

    async def sums(
        self, user: UserId, start: datetime, end: datetime, by: GroupBy
    ) -> list[UsageSum]:
        """Return what a user's settled turns used from `start` to `end`, both included.

        By day in the order of days; by model (with its provider) or by provider in the order of
        their names.
        """
        ...
