"""One provider through several keys, and through none while it is down.

A lane is one key: its adapter, and what has become known of it. A lane rests after a refusal that
names a wait, or of its key; its circuit opens after several failures in a row, and then lets one
request at a time through to see whether the provider is back. Providers count the use of each model
by itself, so that a lane rests for the model that is over its limit and not for the others.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from application.ports.clock import Clock
from domain.provider_errors import (
    ProviderBrokeOff,
    ProviderDown,
    ProviderError,
    ProviderGarbled,
    ProviderOverloaded,
    ProviderTimeout,
    ProviderUnauthorized,
    ProviderUnavailable,
    ProviderUnreachable,
)

T = TypeVar("T")
R = TypeVar("R")

CLOSED_S = 30.0
"""How long an opened circuit lets nothing through; doubled after each probe that fails."""
LONGEST_CLOSED_S = 300.0
REFUSED_KEY_S = 300.0
BUSY_KEY_S = 5.0
"""How long a key rests that is over its limit, where the provider does not say."""
_EVERY_MODEL = ""
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

    def __init__(self, adapter: T) -> None:
        self.adapter = adapter
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
        ends = (self._rests.get(name, now) for name in (model, _EVERY_MODEL))
        return max(0.0, (max(ends) - now).total_seconds())

    def rest(self, now: datetime, seconds: float, model: str) -> None:
        """Rest for a model."""
        self._rests = {name: end for name, end in self._rests.items() if end > now}
        self._rests[model] = now + timedelta(seconds=seconds)

    def is_open(self, now: datetime) -> bool:
        """Return whether its circuit lets nothing through."""
        return self.opened_until is not None and (self.probing or now < self.opened_until)

    def answered(self) -> None:
        """Note that it works."""
        self.failures, self.opened_until, self._closed_s = 0, None, CLOSED_S

    def failed(self, now: datetime, limit: int) -> None:
        """Note that it does not."""
        self.failures += 1
        if self.opened_until is not None:
            self._closed_s = min(self._closed_s * 2, LONGEST_CLOSED_S)
        elif not 0 < limit <= self.failures:
            return
        self.opened_until = now + timedelta(seconds=self._closed_s)


class KeyLanes(Generic[T]):
    """The lanes of one provider, and which of them may be asked."""

    def __init__(self, provider: str, adapters: Sequence[T], clock: Clock, failures: int) -> None:
        """Open a lane for each adapter.

        Args:
            provider: for errors.
            adapters: at least one, each with a key of its own.
            clock: tells when a rest is over.
            failures: in a row, before a circuit opens; 0 leaves it closed.
        """
        self._provider = provider
        self._lanes = [Lane(adapter) for adapter in adapters]
        self._clock = clock
        self._failures = failures

    def enter(self, model: str = _EVERY_MODEL) -> Lane[T]:
        """Return the first lane that may be asked; whoever asks sets `probing` back at the end.

        Args:
            model: the provider's name of the model, where it has several.

        Raises:
            ProviderOverloaded: every key is over its limit.
            ProviderDown: the provider failed too often to be asked again so soon.
        """
        now = self._clock.now()
        for lane in self._lanes:
            if lane.is_ready(now, model):
                lane.probing = lane.opened_until is not None
                return lane
        waits = [wait_s for lane in self._lanes if (wait_s := lane.rest_s(now, model)) > 0]
        if waits and not all(lane.is_open(now) for lane in self._lanes):
            text = f"{self._provider} is over its limit"
            raise ProviderOverloaded(self._provider, text, max(0.1, min(waits)))
        opens = [lane.opened_until for lane in self._lanes if lane.opened_until is not None]
        wait_s = (min(opens) - now).total_seconds() if opens else 0.0
        raise ProviderDown(self._provider, max(1.0, wait_s))

    def note(self, lane: Lane[T], error: ProviderError, model: str = _EVERY_MODEL) -> None:
        """Note what became of a request for a model."""
        now = self._clock.now()
        alone = len(self._lanes) == 1
        match error:
            case ProviderOverloaded(retry_after_s=wait_s) if wait_s or not alone:
                rest_s = wait_s - _EARLY_S if wait_s else BUSY_KEY_S
                lane.rest(now, rest_s, model)
            case ProviderUnauthorized() if not alone:
                lane.rest(now, REFUSED_KEY_S, _EVERY_MODEL)
            case _ if isinstance(error, _SICK):
                lane.failed(now, self._failures)
            case _:
                return

    def another_may(self, lane: Lane[T], error: ProviderError, model: str = _EVERY_MODEL) -> bool:
        """Return whether another key may succeed at once where this one did not."""
        if not isinstance(error, ProviderOverloaded | ProviderUnauthorized):
            return False
        now = self._clock.now()
        return any(each.is_ready(now, model) for each in self._lanes if each is not lane)

    async def ask(self, ask: Callable[[T], Awaitable[R]]) -> R:
        """Return what `ask` returns for the first key that may be used.

        A key that is over its limit or refused hands over to the next.

        Raises:
            ProviderOverloaded: every key is over its limit.
            ProviderDown: the provider failed too often to be asked again so soon.
            ProviderError: as `ask`.
        """
        while True:
            lane = self.enter()
            try:
                found = await ask(lane.adapter)
            except ProviderError as error:
                self.note(lane, error)
                if not self.another_may(lane, error):
                    raise
            else:
                lane.answered()
                return found
            finally:
                lane.probing = False

    def failed_later(self, adapter: T, error: ProviderError) -> None:
        """Note that what had begun well did not end so."""
        for lane in self._lanes:
            if lane.adapter is adapter:
                self.note(lane, error)
