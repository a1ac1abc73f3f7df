"""Reads a recorded answer through a reader, as the adapters' shell does."""

from collections.abc import Iterable, Iterator

from adapters.transport.sse import SseSplitter
from adapters.transport.wire_reader import WireReader
from domain.turn.events import (
    MediaGiven,
    ModelEvent,
    ModelStopped,
    SourceCited,
    TextDelta,
    ThinkingDelta,
    ToolCalled,
)


def pieces(body: bytes, size: int) -> Iterator[bytes]:
    """Cut the body into pieces of one size."""
    return (body[at : at + size] for at in range(0, len(body), size))


def payloads(chunks: Iterable[bytes]) -> list[bytes]:
    """Return all payloads of a stream."""
    splitter = SseSplitter()
    found = [payload for chunk in chunks for payload in splitter.feed(chunk)]
    return found if (last := splitter.leftover()) is None else [*found, last]


def streamed(reader: WireReader, found: Iterable[bytes]) -> list[ModelEvent]:
    """Return the events of a stream's payloads."""
    events: list[ModelEvent] = []
    for payload in found:
        events.extend(reader.feed(payload))
    if not reader.ended:
        events.extend(reader.finish())
    return events


class Answer:
    """The events of an answer, folded."""

    def __init__(self, events: list[ModelEvent]) -> None:
        assert [type(event) for event in events].count(ModelStopped) == 1
        assert isinstance(events[-1], ModelStopped)
        self.stopped = events[-1]
        self.text = "".join(event.text for event in events if isinstance(event, TextDelta))
        self.thinking = "".join(event.text for event in events if isinstance(event, ThinkingDelta))
        every_call = [event for event in events if isinstance(event, ToolCalled)]
        self.calls = [call for call in every_call if not call.run_by_provider]
        self.run = [call for call in every_call if call.run_by_provider]
        self.given = [event for event in events if isinstance(event, MediaGiven)]
        self.sources = [event for event in events if isinstance(event, SourceCited)]
