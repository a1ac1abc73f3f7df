"""Everything a tool can return becomes JSON."""

import dataclasses
import enum
import json
import math
from collections import OrderedDict, namedtuple
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import PurePosixPath
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrypoints.web.wire.json_safe import encode, safe


class Colour(enum.Enum):
    RED = "red"


class Level(enum.StrEnum):
    LOW = "low"


class Rank(enum.IntEnum):
    FIRST = 1


class Odd(enum.Enum):
    WHEN = date(2026, 1, 1)


class Quiet(str):
    __slots__ = ()


class Client:
    def __init__(self) -> None:
        self.name = "acme"
        self._key = "secret"


class Point(msgspec.Struct):
    x: int
    at: date


@dataclasses.dataclass(slots=True)
class Slotted:
    a: int
    _hidden: str = "secret"


class Dumped:
    def __iter__(self) -> Any:
        return iter([("a", 1)])

    def model_dump(self) -> dict[str, int]:
        return {"a": 1}


class Hostile:
    def __str__(self) -> str:
        raise RuntimeError("no")


class HostileList:
    def __iter__(self) -> Any:
        raise RuntimeError("no")


Pair = namedtuple("Pair", "a b")

TABLE: list[tuple[object, object]] = [
    (None, None),
    ("text", "text"),
    (7, 7),
    (2**80, 2**80),
    (1.5, 1.5),
    (True, True),
    (math.nan, None),
    (math.inf, None),
    (datetime(2026, 1, 2, 3, 4, 5), "2026-01-02T03:04:05"),  # noqa: DTZ001 - naive stays naive
    (datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), "2026-01-02T03:04:05+00:00"),
    (date(2026, 1, 2), "2026-01-02"),
    (time(3, 4), "03:04:00"),
    (timedelta(minutes=1.5), 90.0),
    (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
    (Decimal("1.50"), 1.5),
    (Decimal("NaN"), None),
    (Decimal("sNaN"), None),
    (Colour.RED, "red"),
    (Level.LOW, "low"),
    (Rank.FIRST, 1),
    (Odd.WHEN, "2026-01-01"),
    (Quiet("hush"), "hush"),
    (b"\x00\xff", "AP8="),
    (bytearray(b"\x00"), "AA=="),
    (memoryview(b"\x00"), "AA=="),
    ({1: "a", None: "b", Colour.RED: "c"}, {"1": "a", "None": "b", "red": "c"}),
    (OrderedDict(a=1), {"a": 1}),
    ((1, 2), [1, 2]),
    ({3}, [3]),
    (frozenset({3}), [3]),
    (range(3), [0, 1, 2]),
    (Pair(1, 2), [1, 2]),
    ({"a": 1}.values(), [1]),
    (Client(), {"name": "acme"}),
    (Point(1, date(2026, 1, 1)), {"x": 1, "at": "2026-01-01"}),
    (Slotted(1), {"a": 1}),
    (Dumped(), {"a": 1}),
    (ValueError("it broke"), "it broke"),
    (PurePosixPath("a/b"), "a/b"),
    (Hostile(), "<unreadable: Hostile>"),
    (HostileList(), "<unreadable: HostileList>"),
    ("half \ud800 a character", "half ? a character"),
]


@pytest.mark.parametrize(("value", "shown"), TABLE, ids=lambda v: type(v).__name__)
def test_each_kind_of_value(value: object, shown: object) -> None:
    assert json.loads(encode(value)) == shown
    assert json.loads(encode({"deep": [{"in": value}]})) == {"deep": [{"in": shown}]}
    assert json.loads(encode({"flat": value})) == {"flat": shown}


def test_generators_become_lists() -> None:
    assert json.loads(encode(n for n in range(3))) == [0, 1, 2]


def test_a_cycle_is_named_and_a_repeated_value_is_not_one() -> None:
    shared = [1]
    found: dict[str, Any] = {"a": shared, "b": shared}
    found["self"] = found
    assert json.loads(encode(found)) == {"a": [1], "b": [1], "self": "<circular_ref: dict>"}


def test_a_cycle_through_an_object() -> None:
    client = Client()
    client.name = [client]  # type: ignore[assignment]
    assert json.loads(encode(client)) == {"name": ["<circular_ref: Client>"]}


def test_nesting_ends_at_twenty_levels() -> None:
    deep: list[Any] = []
    inner = deep
    for _ in range(30):
        inner.append([])
        inner = inner[0]
    found = json.loads(encode(deep))
    levels = 0
    while isinstance(found, list):
        found = found[0]
        levels += 1
    assert (found, levels) == ("<max_depth_exceeded: list>", 21)


def test_the_value_is_left_as_it_was() -> None:
    value = {"a": [b"x", {"b": {1}}]}
    safe(value)
    assert value == {"a": [b"x", {"b": {1}}]}


def test_the_secrets_of_a_client_object_are_not_shown() -> None:
    assert b"secret" not in encode({"client": Client(), "slots": Slotted(1)})


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters())
    | st.binary()
    | st.datetimes()
    | st.timedeltas()
    | st.decimals()
    | st.uuids()
    | st.complex_numbers(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(st.text(st.characters()) | st.integers() | st.none(), inner)
        | st.tuples(inner, inner)
    ),
    max_leaves=20,
)


@given(anything)
def test_whatever_it_is_a_browser_can_read_it(value: object) -> None:
    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    json.loads(encode(value), parse_constant=refuse)


plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)


@given(plain)
def test_what_is_json_already_comes_back_as_it_was(value: object) -> None:
    assert json.loads(encode(value)) == value
