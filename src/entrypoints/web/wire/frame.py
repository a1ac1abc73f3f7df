"""One frame, encoded once and completed for each connection, whose id every frame carries.

The id is at the top, or inside `data` where there is one: so `data` is always the last key.
"""

from msgspec import Struct

from domain.ids import TurnId
from entrypoints.web.wire.custom_events import Body
from entrypoints.web.wire.json_safe import encode


class Frame(Struct, frozen=True):
    """One frame without the id of a connection."""

    head: bytes
    """JSON up to the closing braces."""
    tail: bytes
    """The closing braces."""

    def on(self, connection: bytes) -> str:
        """Return the frame for a connection, given as `connection_part` makes it."""
        return (self.head + connection + self.tail).decode()


def connection_part(connection: str) -> bytes:
    """Return what `Frame.on` puts into every frame of a connection."""
    return b',"session_id":' + encode(connection)


def frame(body: Body) -> Frame:
    """Return the frame with this body; `data`, where there is one, must be its last key."""
    encoded = encode(body)
    braces = 2 if isinstance(body.get("data"), dict) else 1
    return Frame(encoded[:-braces], encoded[-braces:])


def complete(encoded: bytes) -> Frame:
    """Return the frame of JSON without `data`."""
    return Frame(encoded[:-1], encoded[-1:])


def place_of(turn: TurnId, first: int, last: int) -> Body:
    """Return where a frame stands in its turn, by the numbers that it covers."""
    place: Body = {"turn_id": turn, "seq": last}
    return place if first == last else place | {"seq_from": first}


def placed(body: Body, place: Body) -> Body:
    """Return the body with its place in the turn, `data` last."""
    if (data := body.get("data")) is None:
        return body | place
    within = {key: place[key] for key in place if key == "session_id"}
    beside = {key: body[key] for key in body if key != "data"} | place
    return {key: beside[key] for key in beside if key not in within} | {"data": data | within}
