"""How much one agent may use up in one turn, and what of it is left."""

from collections.abc import Sequence
from datetime import timedelta

from msgspec import Struct

from application.ports.clock import Clock
from domain.turn.agent_events import LoopStatus
from domain.turn.metering import Usage


class AgentLimits(Struct, frozen=True):
    """At a limit the model is asked once more, without tools, so that there is an answer."""

    rounds: int = 10
    wall_s: float = 300
    """From the first question to the model on; waiting for the user's approval does not count."""
    calls: int = 50
    tokens: int = 1_000_000
    """Of all rounds together, read and written."""
    cost_usd: float = 0
    """What one turn may cost; 0: no limit of its own."""
    tool_s: float = 300
    """One call of one tool."""
    approval_s: float = 120
    """How long the user is waited for."""


class Budget:
    """Of one turn."""

    def __init__(self, limits: AgentLimits, clock: Clock) -> None:
        self.limits = limits
        self._clock = clock
        self._until = clock.now() + timedelta(seconds=limits.wall_s)
        self._rounds = 0
        self._calls = 0
        self._tokens = 0

    def round_ended(self, usages: Sequence[Usage | None], calls: int) -> None:
        """Note what a round took."""
        self._rounds += 1
        self._calls += calls
        self._tokens += sum(_tokens(usage) for usage in usages if usage is not None)

    def waited(self, seconds: float) -> None:
        """Give back time that was spent waiting for the user."""
        self._until += timedelta(seconds=seconds)

    @property
    def calls_left(self) -> int:
        """How many tools may still be called."""
        return self.limits.calls - self._calls

    @property
    def seconds_left(self) -> float:
        """How much time is left; nothing after it is over."""
        return max(0.0, (self._until - self._clock.now()).total_seconds())

    def exhausted(self, cost_usd: float | None) -> LoopStatus | None:
        """Return which limit forbids another round, if one does."""
        if self._rounds >= self.limits.rounds:
            return "max_iterations"
        if self.seconds_left == 0:
            return "timeout"
        if self.calls_left <= 0:
            return "max_tool_calls"
        if self._tokens >= self.limits.tokens:
            return "max_tokens"
        if self.limits.cost_usd and (cost_usd or 0.0) >= self.limits.cost_usd:
            return "max_cost"
        return None


def _tokens(usage: Usage) -> int:
    return usage.total_tokens or usage.input_tokens + usage.output_tokens
