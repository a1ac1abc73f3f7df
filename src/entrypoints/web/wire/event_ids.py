"""The ids of a turn's events in an event stream.

An id is the number of its frame. Frames made from one event share it, and a reader who was cut off
between two of them could not say so. Hence those that others follow have a zero before the number
for each of these: it is the same number still, and the reader gets the rest.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby

from msgspec import Struct

from domain.errors import InvalidRequest
from domain.ids import TurnId
from domain.turn.entries import Entry
from domain.turn.events import ThinkingDelta
from entrypoints.web.wire.frames import Framer, Step
from entrypoints.web.wire.sse import event

DIGITS = 15
"""More than any turn has events; longer numbers are no numbers of ours."""


class Seen(Struct, frozen=True):
    """How far a reader has come."""

    whole: int
    """It has every frame up to this number …"""
    missing: int = 0
    """… and of the next all but this many; 0: it has none of it."""


def seen_by(last_event_id: str) -> Seen:
    """Return how far a reader has come by the last id that it has read.

    Raises:
        InvalidRequest: it is no id of ours.
    """
    text = last_event_id.strip()
    if not (text.isascii() and text.isdigit() and len(text) <= DIGITS):
        raise InvalidRequest("Last-Event-ID must be the number of an event", "Last-Event-ID")
    number = int(text)
    zeros = len(text) - len(text.lstrip("0"))
    return Seen(number - 1, zeros) if number and zeros else Seen(number)


def events_of(step: Step, seen: Seen) -> bytes:
    """Return the events of all frames of a step that the reader has not seen."""
    frames = step.frames
    if seen.missing and step.seq == seen.whole + 1:
        frames = frames[-seen.missing :]
    last = len(frames) - 1
    return b"".join(
        event(one.on(b""), f"{'0' * (last - at)}{step.seq}") for at, one in enumerate(frames)
    )


def steps_apart(framer: Framer, turn: TurnId, entries: Sequence[Entry]) -> Iterator[Step]:
    """Yield the frames of entries; of waiting deltas only those are joined that are one frame.

    Of two frames that cover several numbers, no id could say that the second is missing.
    """
    for is_thought, run in groupby(entries, lambda entry: isinstance(entry.event, ThinkingDelta)):
        for together in [[entry] for entry in run] if is_thought else [[*run]]:
            yield from framer.steps(turn, together)
