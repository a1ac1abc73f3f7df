"""Turn events → the frames a client sees."""

from collections.abc import Iterable, Sequence

import msgspec
from msgspec import Struct

from domain.ids import TurnId
from domain.turn.entries import Entry
from domain.turn.events import TextDelta, ThinkingDelta, TurnEnding, TurnEvent
from domain.turn.voice_events import AudioChunk
from entrypoints.web.wire.custom_events import Body
from entrypoints.web.wire.event_bodies import EventBodies, Renewed, ShowConversation
from entrypoints.web.wire.failures import StageOf
from entrypoints.web.wire.frame import Frame, complete, frame, place_of, placed
from entrypoints.web.wire.joining import joined
from entrypoints.web.wire.json_safe import encode
from entrypoints.web.wire.voice_frames import sound_frame

_encoder = msgspec.json.Encoder()

APART = 1000
"""Chunks that are sent again one by one: many clients take no frame of more than 1 MiB."""


class TextChunk(Struct, frozen=True, omit_defaults=True, tag_field="type", tag="text_chunk"):
    """The frame of a piece of the answer: what nearly all frames are, so it has a shape of its own.

    Encoding it is several times cheaper than by way of a dictionary.
    """

    content: str
    chunk_index: int
    chunk_id: int
    turn_id: str
    seq: int
    seq_from: int | None = None


class Step(Struct, frozen=True):
    """All frames of one place in a turn."""

    seq: int
    """The last number they cover."""
    frames: tuple[Frame, ...]
    final: bool = False
    """They end the turn."""


class Framer:
    """Turns batches of log entries into steps; what several readers hear at once, only once."""

    def __init__(self, stage_of: StageOf, show: ShowConversation, renewed: Renewed = str) -> None:
        self._bodies = EventBodies(stage_of, show, renewed).of
        self._first: Entry | None = None
        self._last: Entry | None = None
        self._last_steps: list[Step] = []

    def steps(self, turn: TurnId, entries: Sequence[Entry]) -> list[Step]:
        """Return the frames of entries that follow one another; waiting deltas are joined."""
        # All readers of a turn hear of the same append, one after another.
        if self._first is entries[0] and self._last is entries[-1]:
            return self._last_steps
        self._first, self._last = first, last = entries[0], entries[-1]
        if first is last:  # A reader that keeps up.
            self._last_steps = [self._step(turn, first.seq, first, first.event)]
        else:
            self._last_steps = [self._step(turn, *each) for each in joined(entries)]
        return self._last_steps

    def chunks(
        self, turn: TurnId, entries: Iterable[Entry], connection: str, after_chunk: int
    ) -> list[Body]:
        """Return the chunk frames of a connection above a chunk number.

        There is one for each delta, but of many the older ones are joined: they come in one frame.
        """
        deltas = [
            entry
            for entry in entries
            if entry.chunk > after_chunk and isinstance(entry.event, TextDelta | ThinkingDelta)
        ]
        older, latest = deltas[:-APART], deltas[-APART:]
        found = [*joined(older), *((entry.seq, entry, entry.event) for entry in latest)]
        return [
            placed(body, place_of(turn, first, last.seq) | {"session_id": connection})
            for first, last, event in found
            for body in self._bodies(event, last.chunk)[:1]
        ]

    def _step(self, turn: TurnId, first: int, last: Entry, event: TurnEvent) -> Step:
        if isinstance(event, TextDelta):
            return Step(last.seq, (_text_frame(turn, first, last, event.text),))
        if isinstance(event, AudioChunk):
            return Step(last.seq, (complete(sound_frame(turn, last.seq, event)),))
        place = place_of(turn, first, last.seq)
        frames = (frame(placed(body, place)) for body in self._bodies(event, last.chunk))
        final = isinstance(event, TurnEnding)
        return Step(last.seq, tuple(frames), final)


def _text_frame(turn: TurnId, first: int, last: Entry, text: str) -> Frame:
    joined = first if first != last.seq else None
    chunk = TextChunk(text, last.chunk, last.chunk, turn, last.seq, joined)
    try:
        encoded = _encoder.encode(chunk)
    except UnicodeEncodeError:  # Half a character.
        encoded = encode(msgspec.to_builtins(chunk))
    return complete(encoded)
