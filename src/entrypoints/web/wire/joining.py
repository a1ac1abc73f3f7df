"""Waiting deltas as one: what a late follower finds is sent together."""

from collections.abc import Iterator, Sequence

from domain.turn.entries import Entry
from domain.turn.events import TextDelta, ThinkingDelta, TurnEvent

_DELTAS = (TextDelta, ThinkingDelta)


def joined(entries: Sequence[Entry]) -> Iterator[tuple[int, Entry, TurnEvent]]:
    """Yield (first number, last entry, event), runs of one kind of delta as one event.

    The very first chunk of a turn stays alone, so that chunk numbers begin at 1.
    """
    at = 0
    while at < len(entries):
        first, end = entries[at], at + 1
        kind = _joins(first)
        if kind is not None:
            while end < len(entries) and type(entries[end].event) is kind:
                end += 1
        run = entries[at:end]
        if kind is None or len(run) == 1:
            yield first.seq, first, first.event
        else:
            yield first.seq, run[-1], kind("".join([_text(entry.event) for entry in run]))
        at = end


def _joins(entry: Entry) -> type[TextDelta] | type[ThinkingDelta] | None:
    """Return the kind of events that the entry can be joined with."""
    if entry.chunk > 1:
        if isinstance(entry.event, TextDelta):
            return TextDelta
        if isinstance(entry.event, ThinkingDelta):
            return ThinkingDelta
    return None


def _text(event: TurnEvent) -> str:
    return event.text if isinstance(event, _DELTAS) else ""
