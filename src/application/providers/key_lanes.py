"""One provider through several keys, and through none while it is down.

A lane is one key: its adapter, and what has become known of it. A lane rests after a refusal that
names a wait, or of its key, or for want of money; its circuit opens after several failures in a
row, and then lets one request at a time through to see whether the provider is back. Providers
count the use of each model by itself, so that a lane rests for the model that is over its limit and
not for the others.
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
    ProviderUnpaid,
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
        ends = (self._rests.get(name, now) for name in (model, _EVERY_MODEL))
        return max(0.0, (max(ends) - now).total_seconds())

    def is_open(self, now: datetime) -> bool:
        """Return whether its circuit lets nothing through."""
        return self.opened_until is not None and (self.probing or now < self.opened_until)

    def answered(self) -> None:
        """Note that it works."""
        self.failures, self.opened_until, self._closed_s = 0, None, CLOSED_S

    def note(
        self, error: ProviderError, now: datetime, model: str = _EVERY_MODEL, *, probed: bool
    ) -> None:
        """Note how a question for a model has failed; `probed`: it was a probe."""
        match error:
            case ProviderOverloaded(retry_after_s=wait_s) if wait_s or not self._alone:
                self._rest(now, wait_s - _EARLY_S if wait_s else BUSY_KEY_S, model)
            case ProviderUnauthorized() | ProviderUnpaid() if not self._alone:
                self._rest(now, REFUSED_KEY_S, _EVERY_MODEL)
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


class Asking(Generic[T]):
    """One question on its way through the lanes, each of which it enters once at most.

    Providers name waits of milliseconds: two keys that are over their limits would hand a question
    to and fro until one of them gave way.
    """

    def __init__(self, provider: str, lanes: Sequence[Lane[T]], clock: Clock, model: str) -> None:
        self._provider = provider
        self._lanes = lanes
        self._not_yet = [*lanes]
        self._clock = clock
        self._model = model
        self._lane: Lane[T] | None = None
        self._probes = False

    def enter(self) -> T:
        """Return the adapter of the first lane that may be asked; `leave` has to follow.

        Raises:
            ProviderOverloaded: every key is over its limit.
            ProviderDown: the provider failed too often to be asked again so soon.
        """
        now = self._clock.now()
        for lane in self._not_yet:
            if lane.is_ready(now, self._model):
                self._not_yet.remove(lane)
                self._lane = lane
                self._probes = lane.probing = lane.opened_until is not None
                return lane.adapter
        waits = [wait_s for lane in self._lanes if (wait_s := lane.rest_s(now, self._model)) > 0]
        if waits and not all(lane.is_open(now) for lane in self._lanes):
            text = f"{self._provider} is over its limit"
            raise ProviderOverloaded(self._provider, text, max(0.1, min(waits)))
        opens = [lane.opened_until for lane in self._lanes if lane.opened_until is not None]
        wait_s = (min(opens) - now).total_seconds() if opens else 0.0
        raise ProviderDown(self._provider, max(1.0, wait_s))

    def answered(self) -> None:
        """Note that the key works."""
        if self._lane is not None:
            self._lane.answered()
        self.leave()

    def failed(self, error: ProviderError) -> None:
        """Note what became of the question."""
        if self._lane is not None:
            self._lane.note(error, self._clock.now(), self._model, probed=self._probes)

    def another_may(self, error: ProviderError) -> bool:
        """Return whether another key may succeed at once where this one did not."""
        if not isinstance(error, ProviderOverloaded | ProviderUnauthorized | ProviderUnpaid):
            return False
        now = self._clock.now()
        return any(lane.is_ready(now, self._model) for lane in self._not_yet)

    def leave(self) -> None:
        """Let the next probe through, if this question was one."""
        if self._lane is not None and self._probes:
            self._lane.probing = self._probes = False


class KeyLanes(Generic[T]):
    """The lanes of one provider."""

    def __init__(self, provider: str, adapters: Sequence[T], clock: Clock, failures: int) -> None:
        """Open a lane for each adapter.

        Args:
            provider: for errors.
            adapters: at least one, each with a key of its own.
            clock: tells when a rest is over.
            failures: in a row, before a circuit opens; 0 leaves it closed.
        """
        self._provider = provider
        alone = len(adapters) == 1
        self._lanes = [Lane(adapter, failures, alone=alone) for adapter in adapters]
        self._clock = clock

    def asking(self, model: str = _EVERY_MODEL) -> Asking[T]:
        """Return the way of one question.

        Args:
            model: the provider's name of the model, where it has several.
        """
        return Asking(self._provider, self._lanes, self._clock, model)

    async def ask(self, ask: Callable[[T], Awaitable[R]]) -> R:
        """Return what `ask` returns for the first key that may be used.

        A key that is over its limit or refused hands over to the next.

        Raises:
            ProviderOverloaded: every key is over its limit.
            ProviderDown: the provider failed too often to be asked again so soon.
            ProviderError: as `ask`.
        """
        asking = self.asking()
        while True:
            adapter = asking.enter()
            try:
                found = await ask(adapter)
            except ProviderError as error:
                asking.failed(error)
                if not asking.another_may(error):
                    raise
            else:
                asking.answered()
                return found
            finally:
                asking.leave()

    def failed_later(self, adapter: T, error: ProviderError) -> None:
        """Note that what had begun well did not end so."""
        now = self._clock.now()
        for lane in self._lanes:
            if lane.adapter is adapter:
                lane.note(error, now, probed=False)
