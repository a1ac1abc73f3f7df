"""What holds together a process, or (over a shared server) several."""

from dishka import Provider, Scope, from_context, provide  # pyright: ignore[reportUnknownVariableType] - dishka's own

from adapters.memory.rate_limits import MemoryRateLimits
from adapters.memory.signals import MemorySignals
from adapters.memory.turn_log import MemoryTurnLog
from adapters.system.clock import SystemClock
from application.ports.clock import Clock
from application.ports.rate_limits import RateLimits
from application.ports.signals import Signals
from application.ports.turn_log import TurnLog
from entrypoints.wiring.settings import Settings


class LiveProvider(Provider):
    """Time, the turn log and its signals, allowances."""

    scope = Scope.APP

    settings = from_context(Settings)
    clock = provide(SystemClock, provides=Clock)
    signals = provide(MemorySignals, provides=Signals)
    rate_limits = provide(MemoryRateLimits, provides=RateLimits)

    @provide
    def turn_log(self, clock: Clock, settings: Settings) -> TurnLog:
        """One process: readers and writers share its memory."""
        return MemoryTurnLog(clock, max_entries=settings.turn_events, max_bytes=settings.turn_bytes)
