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

    def number(self, events: Iterable[TurnEvent]) -> list[Entry]:
        """Return the events with the next numbers."""
        seq, chunk = self.seq, self.chunk
        entries: list[Entry] = []
        for event in events:
            seq += 1
            chunk += isinstance(event, _DELTAS)
            entries.append(Entry(seq, chunk, event))
        self.seq, self.chunk = seq, chunk
        return entries

    def take_back(self, entries: Iterable[Entry]) -> None:
        """Give back the last numbers, of entries that nobody has seen or will see."""
        for entry in entries:
            self.seq -= 1
            self.chunk -= isinstance(entry.event, _DELTAS)
