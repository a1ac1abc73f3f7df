"""A turn on its way to a socket."""

from collections.abc import Sequence

from application.ports.turn_log import TurnReader
from domain.ids import TurnId
from domain.turn.entries import Entry
from entrypoints.web.deliveries import Deliveries
from entrypoints.web.line import Line
from entrypoints.web.wire.frames import Framer


class ShownTurn(TurnReader):
    """Writes a turn's frames to a socket as its entries come, and notes how far it got."""

    def __init__(self, turn: TurnId, line: Line, framer: Framer, deliveries: Deliveries) -> None:
        self._turn = turn
        self._put = line.put
        self._steps = framer.steps
        self._wrote = deliveries.wrote
        self.room = line.room
        self.ended = False
        """Whether the frames of the ending were among those written."""

    def take(self, entries: Sequence[Entry]) -> bool:
        """Write the frames of the entries.

        Raises:
            ClientGone: nobody will read them.
        """
        wants_more = True
        for step in self._steps(self._turn, entries):
            for frame in step.frames:
                wants_more = self._put(frame)
            self._wrote(self._turn, step.seq)
            self.ended = step.final
        return wants_more
