"""Numbers on a turn's events: what makes a turn resumable."""

from collections.abc import Iterable

from msgspec import Struct

from domain.turn.events import TextDelta, ThinkingDelta, TurnEvent

# A tuple: a union would be made anew for every token.
_DELTAS = (TextDelta, ThinkingDelta)


class Entry(Struct, frozen=True, gc=False):
    """An event in its place.

    Made for every token and kept for minutes, so the garbage collector is spared them (`gc`): an
    event refers to nothing that could refer to its entry.
    """

    seq: int
    """1, 2, 3 … without gaps within the turn."""
    chunk: int
    """How many text and thinking deltas the turn has had, this one included."""
    event: TurnEvent


class Numbering:
    """Numbers the events of one turn in the order in which they are said."""

    def __init__(self) -> None:
        self.seq = 0
        self.chunk = 0

    def number(self, event: TurnEvent) -> Entry:
        """Return the event with the next number."""
        self.seq += 1
        if isinstance(event, _DELTAS):
            self.chunk += 1
        return Entry(self.seq, self.chunk, event)

    def take_back(self, entries: Iterable[Entry]) -> None:
        """Give back the last numbers, of entries that nobody has seen or will see."""
        for entry in entries:
            self.seq -= 1
            self.chunk -= isinstance(entry.event, TextDelta | ThinkingDelta)

    def number_all(self, events: Iterable[TurnEvent]) -> list[Entry]:
        """Return the events with the next numbers."""
        return [self.number(event) for event in events]
