"""Waiting deltas as one: what a late follower finds is sent together."""

from collections.abc import Iterator, Sequence

from domain.turn.entries import Entry
from domain.turn.events import TextDelta, ThinkingDelta, TurnEvent
from domain.turn.voice_events import SoundDropped

_DELTAS = (TextDelta, ThinkingDelta)
_Joined = type[TextDelta] | type[ThinkingDelta] | type[SoundDropped]


def joined(entries: Sequence[Entry]) -> Iterator[tuple[int, Entry, TurnEvent]]:
    """Yield (first number, last entry, event), runs of one kind of delta as one event.

    Parts of the sound that were dropped one after another are told together too.

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
            yield first.seq, run[-1], _as_one(kind, run)
        at = end


def _as_one(kind: _Joined, run: Sequence[Entry]) -> TurnEvent:
    if issubclass(kind, SoundDropped):
        return kind(len(run))
    return kind("".join([_text(entry.event) for entry in run]))


def _joins(entry: Entry) -> _Joined | None:
    """Return the kind of events that the entry can be joined with."""
    if isinstance(entry.event, SoundDropped):
        return SoundDropped
    if entry.chunk > 1:
        if isinstance(entry.event, TextDelta):
            return TextDelta
        if isinstance(entry.event, ThinkingDelta):
            return ThinkingDelta
    return None


def _text(event: TurnEvent) -> str:
    return event.text if isinstance(event, _DELTAS) else ""
