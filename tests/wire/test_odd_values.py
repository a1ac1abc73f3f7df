"""Whatever stands in the place of a value on the wire, it is an answer or an error of ours.

Each place that a value has in the recorded answers of a wire is tried once with each odd value.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
import pytest

from domain.errors import ParleyError
from domain.turn.events import ModelEvent, ModelStopped
from tests.wire.readers import WIRES, reader_for
from tests.wire.recordings import RECORDINGS, Exchange, exchanges

Path = tuple[str | int, ...]
ODD: tuple[Any, ...] = (
    None, "", "x", 0, 5, 1.5, True, [], ["x"], [None], [[]], {}, {"a": 1}, [{"a": 1}],
    [{"type": "text", "text": 5}],
)  # fmt: skip


def payloads_of(exchange: Exchange) -> list[Any]:
    """Return what an answer says, decoded: the payloads of its stream, or its body."""
    if (chunks := exchange.response.get("chunks")) is not None:
        return [msgspec.json.decode(chunk) for chunk in chunks]
    return [exchange.response.get("json")]


def places(value: Any, so_far: Path = ()) -> Iterator[Path]:
    if so_far:
        yield so_far
    if isinstance(value, dict):
        inside: Iterable[tuple[Any, Any]] = value.items()
    else:
        inside = enumerate(value) if isinstance(value, list) else ()
    for step, each in inside:
        yield from places(each, (*so_far, step))


def changed(value: Any, place: Path, new: Any) -> Any:
    """Return a copy with something else in one place."""
    if not place:
        return new
    copy = value.copy()
    copy[place[0]] = changed(value[place[0]], place[1:], new)
    return copy


def spoiled(provider: str, wire: str) -> Iterator[tuple[list[Any], bool]]:
    """Yield answers with an odd value in each place once, and whether they are streams."""
    tried: set[tuple[object, ...]] = set()
    for exchange in exchanges(provider, wire):
        if exchange.status != 200 or exchange.response.get("text") is not None:
            continue
        payloads = payloads_of(exchange)
        streams = "chunks" in exchange.response
        for number, payload in enumerate(payloads):
            kinds = [part.get("type") for part in _objects(payload)]
            for place in places(payload):
                known = (streams, *kinds, *(s for s in place if isinstance(s, str)))
                if known in tried:
                    continue
                tried.add(known)
                for odd in ODD:
                    # What comes long before and long after is another's concern.
                    yield (
                        [
                            *payloads[max(0, number - 20) : number],
                            changed(payload, place, odd),
                            *payloads[number + 1 : number + 20],
                        ],
                        streams,
                    )


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    """Yield the objects that tell by their type what a payload is about."""
    if isinstance(value, dict):
        yield value
        for key in ("item", "delta", "content_block"):
            yield from _objects(value.get(key))


def read(provider: str, wire: str, payloads: list[Any], *, streams: bool) -> list[ModelEvent]:
    reader = reader_for(provider, wire)
    if not streams:
        return [*reader.whole(msgspec.json.encode(payloads[0]))]
    events: list[ModelEvent] = []
    for payload in payloads:
        events += reader.feed(msgspec.json.encode(payload))
    return events if reader.ended else [*events, *reader.finish()]


@pytest.mark.skipif(not RECORDINGS.is_dir(), reason="needs the recorded provider traffic")
@pytest.mark.parametrize(("provider", "wire"), WIRES)
def test_an_odd_value_is_read_or_refused(provider: str, wire: str) -> None:
    read_anyway = refused = 0
    for payloads, streams in spoiled(provider, wire):
        try:
            events = read(provider, wire, payloads, streams=streams)
        except ParleyError:
            refused += 1
            continue
        read_anyway += 1
        assert isinstance(events[-1], ModelStopped)
        for event in events:
            # Every field holds what it says it does.
            msgspec.convert(msgspec.to_builtins(event), type(event))
    assert read_anyway
    assert refused
