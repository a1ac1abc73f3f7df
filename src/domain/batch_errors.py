"""What can go wrong with batches: a kind of `InvalidRequest`, and a kind of `NotFound`."""

from datetime import datetime, timedelta

from domain.errors import InvalidRequest, NotFound
from domain.ids import BatchId


class TooManyBatchRequests(InvalidRequest):
    """The user's batches of today hold as many requests as a user may send in a day."""

    code = "too_many_batch_requests"

    def __init__(self, limit: int, sent: int, now: datetime) -> None:
        resets = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        super().__init__(
            f"{sent} of {limit} requests a day have been sent in batches, too many for these."
            f" The count begins anew at {resets:%Y-%m-%d %H:%M} UTC."
        )
        self.retry_after_s = (resets - now).total_seconds()


class BatchNotFound(NotFound):
    """No such batch of this user."""

    def __init__(self, batch: BatchId) -> None:
        super().__init__("Batch job not found")
        self.batch = batch
