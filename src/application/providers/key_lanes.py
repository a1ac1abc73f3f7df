"""One provider through several keys, each a lane, and through none while it is down."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from application.ports.clock import Clock
from application.providers.lane import EVERY_MODEL, Lane
from domain.provider_errors import (
    ProviderDown,
    ProviderError,
    ProviderOverloaded,
    ProviderUnauthorized,
    ProviderUnpaid,
)

T = TypeVar("T")
R = TypeVar("R")


class Passage(Generic[T]):
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

    def passage(self, model: str = EVERY_MODEL) -> Passage[T]:
        """Return the way of one question.

        Args:
            model: the provider's name of the model, where it has several.
        """
        return Passage(self._provider, self._lanes, self._clock, model)

    async def ask(self, ask: Callable[[T], Awaitable[R]]) -> R:
        """Return what `ask` returns for the first key that may be used.

        A key that is over its limit or refused hands over to the next.

        Raises:
            ProviderOverloaded: every key is over its limit.
            ProviderDown: the provider failed too often to be asked again so soon.
            ProviderError: as `ask`.
        """
        passage = self.passage()
        while True:
            adapter = passage.enter()
            try:
                found = await ask(adapter)
            except ProviderError as error:
                passage.failed(error)
                if not passage.another_may(error):
                    raise
            else:
                passage.answered()
                return found
            finally:
                passage.leave()

    def failed_later(self, adapter: T, error: ProviderError) -> None:
        """Note that what had begun well did not end so."""
        now = self._clock.now()
        for lane in self._lanes:
            if lane.adapter is adapter:
                lane.note(error, now, probed=False)
