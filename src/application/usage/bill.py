"""What an order at a provider costs its user, where it is no part of a turn."""

import structlog

from application.usage.spending import Spending
from domain.errors import ParleyError
from domain.ids import TurnId, UserId
from domain.media_errors import JobError
from domain.provider_errors import ProviderBrokeOff, ProviderGarbled, ProviderTimeout, ResultLost
from domain.storage_errors import StorageError

log = structlog.get_logger("usage")

_PERHAPS_BILLED = (ProviderBrokeOff, ProviderGarbled, ProviderTimeout, ResultLost, JobError)
"""Failures after which the provider may have done the work all the same.

Nobody bills for work that moderation has refused, or that has failed.
"""


class Bill:
    """Of one order: set aside before it is given, settled by what came of it."""

    def __init__(
        self, spending: Spending, user: UserId, number: TurnId, model: str, provider: str
    ) -> None:
        """Open the bill under a number of its own."""
        self._spending = spending
        self._whose = (user, number, model, provider)

    async def set_aside(self, estimate_usd: float) -> None:
        """Set aside what it may cost.

        Raises:
            SpendingCapReached: the user may not spend so much today.
            StorageError: it is not known what was spent.
        """
        await self._spending.set_aside(*self._whose, estimate_usd)

    async def paid(self, cost_usd: float | None) -> None:
        """Settle the bill; None: nobody knows what it cost."""
        try:
            await self._spending.settle(*self._whose, cost_usd)
        except StorageError as error:
            # What was made is there; that it is not on the bill must not take it away.
            log.warning("billing failed", model=self._whose[2], error=error.code)

    async def failed(self, error: BaseException) -> None:
        """Settle the bill of an order that came to nothing."""
        free = isinstance(error, ParleyError) and not isinstance(error, _PERHAPS_BILLED)
        await self.paid(0.0 if free else None)
