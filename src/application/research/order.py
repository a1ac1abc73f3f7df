"""What is to be researched, by whom, and what it may cost."""

from collections.abc import Awaitable, Callable
from datetime import date

from msgspec import Struct

from application.agent.choose import Choice
from domain.turn.prompt import Prompt
from domain.turn.settings import ResearchSettings


class ResearchOrder(Struct, frozen=True, kw_only=True):
    """Of one turn."""

    question: str
    settings: ResearchSettings
    researcher: Callable[[], Choice]
    """Chooses the model that searches, and how it is to be asked; raises `NotConfigured`."""
    today: date
    hold: Callable[[Prompt, float, float], Awaitable[float]]
    """Sets money aside before a model is asked. Given the prompt, what was spent before, and the
    least that the answer is taken to cost; returns what was set aside for the answer, and raises
    `SpendingCapReached`."""


class Purse:
    """Keeps count of the money of one order over its stages."""

    def __init__(self, order: ResearchOrder) -> None:
        self._hold = order.hold
        self._set_aside_usd = 0.0
        self.spent_usd = 0.0

    async def open(self, prompt: Prompt, at_least_usd: float = 0.0) -> None:
        """Set money aside for an answer.

        Raises:
            SpendingCapReached: there is not enough of it.
        """
        self._set_aside_usd = await self._hold(prompt, self.spent_usd, at_least_usd)

    def close(self, cost_usd: float | None) -> None:
        """Note what the answer has cost; where nobody knows, what was set aside counts."""
        self.spent_usd += self._set_aside_usd if cost_usd is None else cost_usd
        self._set_aside_usd = 0.0
