"""One key of a provider, and what has become known of it.

It rests after a refusal that names a wait, or of its key, or for want of money; its circuit opens
after several failures in a row, and then lets one request at a time through to see whether the
provider is back. Providers count the use of each model by itself, so that a key rests for the model
that is over its limit and not for the others.
"""

from datetime import datetime, timedelta
from typing import Generic, TypeVar

from domain.provider_errors import (
    ProviderBrokeOff,
    ProviderError,
    ProviderGarbled,
    ProviderOverloaded,
    ProviderTimeout,
    ProviderUnauthorized,
    ProviderUnavailable,
    ProviderUnpaid,
    ProviderUnreachable,
)

T = TypeVar("T")

CLOSED_S = 30.0
"""How long an opened circuit lets nothing through; doubled after each probe that fails."""
LONGEST_CLOSED_S = 300.0
REFUSED_KEY_S = 300.0
BUSY_KEY_S = 5.0
"""How long a key rests that is over its limit, where the provider does not say."""
EVERY_MODEL = ""
_EARLY_S = 0.05
"""Who waited for a rest to end may come back that early: their timer is not our clock."""

_SICK = (
    ProviderUnavailable,
    ProviderUnreachable,
    ProviderTimeout,
    ProviderBrokeOff,
    ProviderGarbled,
)
"""Failures that say something of the provider, and not of the request or the key."""


class Lane(Generic[T]):
    """One key."""

    def __init__(self, adapter: T, failures: int, *, alone: bool) -> None:
        """Begin with nothing known.

        Args:
            adapter: asks with this key.
            failures: in a row, before the circuit opens; 0 leaves it closed.
            alone: there is no other key that a question could go to.
        """
        self.adapter = adapter
        self._limit = failures
        self._alone = alone
        self._rests: dict[str, datetime] = {}
        """Until when for which model; for all of them under the empty name."""
        self.opened_until: datetime | None = None
        """The circuit is open; after this moment a probe may go through."""
        self.failures = 0
        self.probing = False
        self._closed_s = CLOSED_S

    def is_ready(self, now: datetime, model: str) -> bool:
        """Return whether it may be asked."""
        return self.rest_s(now, model) <= 0 and not self.is_open(now)

    def rest_s(self, now: datetime, model: str) -> float:
        """Return for how long it is over the model's limit, or refused; 0: it is not."""
        ends = (self._rests.get(name, now) for name in (model, EVERY_MODEL))
        return max(0.0, (max(ends) - now).total_seconds())

    def is_open(self, now: datetime) -> bool:
        """Return whether its circuit lets nothing through."""
        return self.opened_until is not None and (self.probing or now < self.opened_until)

    def answered(self) -> None:
        """Note that it works."""
        self.failures, self.opened_until, self._closed_s = 0, None, CLOSED_S

    def note(
        self, error: ProviderError, now: datetime, model: str = EVERY_MODEL, *, probed: bool
    ) -> None:
        """Note how a question for a model has failed; `probed`: it was a probe."""
        match error:
            case ProviderOverloaded(retry_after_s=wait_s) if wait_s or not self._alone:
                self._rest(now, wait_s - _EARLY_S if wait_s else BUSY_KEY_S, model)
            case ProviderUnauthorized() | ProviderUnpaid() if not self._alone:
                self._rest(now, REFUSED_KEY_S, EVERY_MODEL)
            case _ if isinstance(error, _SICK):
                self._failed(now, probed=probed)
            case _:
                return

    def _rest(self, now: datetime, seconds: float, model: str) -> None:
        self._rests = {name: end for name, end in self._rests.items() if end > now}
        self._rests[model] = now + timedelta(seconds=seconds)

    def _failed(self, now: datetime, *, probed: bool) -> None:
        self.failures += 1
        if probed:
            self._closed_s = min(self._closed_s * 2, LONGEST_CLOSED_S)
        elif self.opened_until is not None or not 0 < self._limit <= self.failures:
            # Many questions may meet the same outage: those asked before it was known as one
            # say nothing of whether it is over.
            return
        self.opened_until = now + timedelta(seconds=self._closed_s)
