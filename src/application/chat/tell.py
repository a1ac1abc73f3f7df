"""What of a turn is told: numbered, and appended to its log."""

from collections.abc import Awaitable, Callable, Sequence

from application.chat.said import Said
from application.ports.turn_log import TurnLog
from domain.ids import TurnId
from domain.turn.errors import TurnTooLong
from domain.turn.events import TurnEnding, TurnEvent

Told = Callable[[TurnId, Said, Sequence[TurnEvent]], Awaitable[None]]
"""Either way of telling."""


class Tell:
    """Nothing is told twice, and nothing out of order."""

    def __init__(self, turn_log: TurnLog) -> None:
        self._log = turn_log

    async def __call__(self, turn: TurnId, said: Said, events: Sequence[TurnEvent]) -> None:
        """Append events, along with any whose append was cut off: they may be there or not."""
        said.unsure += said.numbers.number(events)
        try:
            await self._log.append(turn, said.unsure)
        except TurnTooLong:
            said.numbers.take_back(said.unsure)
            said.unsure.clear()
            if len(events) == 1:
                raise
            for event in events:  # What still fits is told.
                await self(turn, said, [event])
        said.unsure.clear()

    async def together(self, turn: TurnId, said: Said, events: Sequence[TurnEvent]) -> None:
        """Append events of a text that has a voice beside it: one speaks at a time."""
        if said.together is None:
            await self(turn, said, events)
            return
        async with said.together:
            await self(turn, said, events)

    async def ending(self, turn: TurnId, said: Said, ending: TurnEnding) -> None:
        """Append the ending, after which nothing comes."""
        try:
            await self(turn, said, [ending])
        except TurnTooLong:
            # The event before was too much; alone, an ending always fits.
            await self(turn, said, [ending])
