"""One provider through several keys, and through none while it is down.

A lane is one key: its adapter, and what has become known of it. A lane rests after a refusal that
names a wait, or of its key; its circuit opens after several failures in a row, and then lets one
request at a time through to see whether the provider is back.
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
        self.rests_until: datetime | None = None
        """Over its limit, or refused."""
        self.opened_until: datetime | None = None
        """The circuit is open; after this moment a probe may go through."""
        self.failures = 0
        self.probing = False
        self._closed_s = CLOSED_S

    def is_ready(self, now: datetime) -> bool:
        """Return whether it may be asked."""
        return not (self.is_resting(now) or self.is_open(now))

    def is_resting(self, now: datetime) -> bool:
        """Return whether it is over its limit, or refused."""
        return self.rests_until is not None and now < self.rests_until

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

    def enter(self) -> Lane[T]:
        """Return the first lane that may be asked; whoever asks sets `probing` back at the end.

        Raises:
            ProviderOverloaded: every key is over its limit.
            ProviderDown: the provider failed too often to be asked again so soon.
        """
        now = self._clock.now()
        for lane in self._lanes:
            if lane.is_ready(now):
                lane.probing = lane.opened_until is not None
                return lane
        waits = [
            (lane.rests_until - now).total_seconds()
            for lane in self._lanes
            if lane.rests_until is not None and lane.is_resting(now)
        ]
        if waits and not all(lane.is_open(now) for lane in self._lanes):
            text = f"{self._provider} is over its limit"
            raise ProviderOverloaded(self._provider, text, max(0.1, min(waits)))
        opens = [lane.opened_until for lane in self._lanes if lane.opened_until is not None]
        wait_s = (min(opens) - now).total_seconds() if opens else 0.0
        raise ProviderDown(self._provider, max(1.0, wait_s))

    def note(self, lane: Lane[T], error: ProviderError) -> None:
        """Note what became of a request."""
        now = self._clock.now()
        alone = len(self._lanes) == 1
        match error:
            case ProviderOverloaded(retry_after_s=wait_s) if wait_s or not alone:
                rest_s = wait_s - _EARLY_S if wait_s else BUSY_KEY_S
                lane.rests_until = now + timedelta(seconds=rest_s)
            case ProviderUnauthorized() if not alone:
                lane.rests_until = now + timedelta(seconds=REFUSED_KEY_S)
            case _ if isinstance(error, _SICK):
                lane.failed(now, self._failures)
            case _:
                return

    def another_may(self, lane: Lane[T], error: ProviderError) -> bool:
        """Return whether another key may succeed at once where this one did not."""
        if not isinstance(error, ProviderOverloaded | ProviderUnauthorized):
            return False
        now = self._clock.now()
        return any(each.is_ready(now) for each in self._lanes if each is not lane)

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
