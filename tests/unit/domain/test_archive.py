"""The format of our own archives: what is written is read back, what is no good is refused."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from domain.transfer.archive import encoded, records
from domain.transfer.errors import ArchiveRefused
from domain.transfer.fit import Fit
from domain.transfer.records import ArchivedPrompt, Record
from tests.archives import DAY, RICH, archive, header, said, talk, used

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TALK = talk("t1")


def read(content: bytes) -> list[Record]:
    return list(records(content.splitlines(keepends=True), Fit(NOW)))


def refusal(content: bytes) -> str:
    with pytest.raises(ArchiveRefused) as caught:
        read(content)
    return str(caught.value)


def test_what_is_written_is_read_back() -> None:
    assert read(archive(RICH)) == list(RICH)
    assert read(archive([])) == []


def test_members_of_objects_come_in_one_order() -> None:
    one, other = (encoded(said(1, usage=usage)) for usage in ({"a": 1, "b": 2}, {"b": 2, "a": 1}))
    assert one == other


def with_field(record: Record, **changes: Any) -> bytes:
    """Return an archive whose record has fields that our types would not let it have."""
    plain: dict[str, Any] = msgspec.to_builtins(record) | changes
    before = [] if record is TALK or isinstance(record, ArchivedPrompt) else [encoded(TALK)]
    return b"".join([header(), *before, msgspec.json.encode(plain) + b"\n"])


def nested(levels: int) -> dict[str, Any]:
    return {"in": nested(levels - 1)} if levels > 1 else {}


FOREIGN_ID = {"customer_id": 7}
BAD_FIELDS: list[tuple[str, Callable[[], bytes], str]] = [
    ("owner", lambda: with_field(TALK, **FOREIGN_ID), "unknown field `customer_id`"),
    ("owner of message", lambda: with_field(said(1), **FOREIGN_ID), "unknown field"),
    ("unknown type", lambda: with_field(TALK, type="password"), "Invalid value 'password'"),
    ("no id", lambda: with_field(TALK, id=""), "regex"),
    ("blank id", lambda: with_field(TALK, id="a "), "regex"),
    ("long id", lambda: with_field(TALK, id="a" * 37), "regex"),
    ("long name", lambda: with_field(TALK, session_name="n" * 101), "length <= 100"),
    ("tags", lambda: with_field(TALK, tags=[1]), "Expected `str`"),
    ("naive time", lambda: with_field(TALK, created_at="2025-01-01T00:00:00"), "timezone"),
    ("other zone", lambda: with_field(TALK, created_at="2025-01-01T00:00:00+02:00"), "in UTC"),
    ("too early", lambda: with_field(TALK, created_at="1969-12-31T23:59:59Z"), "before 1970"),
    ("future", lambda: with_field(TALK, created_at="2026-01-03T00:00:00Z"), "in the future"),
    ("end of time", lambda: with_field(said(1), created_at="9999-12-31T23:59:59Z"), "future"),
    ("no time", lambda: with_field(said(1), created_at="soon"), "RFC3339"),
    ("running", lambda: with_field(said(1), state="running"), "Invalid enum value"),
    ("number", lambda: with_field(said(1), number=2), "number 2 must be 1"),
    ("huge number", lambda: with_field(said(1), number=2**40), "`int` <="),
    ("cycle", lambda: with_field(said(1), parent=1), "earlier message"),
    ("forward", lambda: with_field(said(1), parent=2), "earlier message"),
    ("own version", lambda: with_field(said(1), version_of=1), "version_of"),
    ("text", lambda: with_field(said(1), message=5), "Expected `str | null`"),
    ("long column", lambda: with_field(said(1), image_description="é" * 40_000), "65535 bytes"),
    ("long message", lambda: with_field(said(1), message="é" * 2**23), "16777215 bytes"),
    ("long prompt", lambda: with_field(ArchivedPrompt("t", "é" * 40_000)), "65535 bytes"),
    ("places", lambda: with_field(said(1), image_locations=[{"a": 1}]), "Expected `str`"),
    ("settings", lambda: with_field(said(1), api_text_gen_settings=[]), "Expected `object"),
    ("deep", lambda: with_field(said(1), claude_code_data=nested(32)), "30 levels"),
    ("negative", lambda: with_field(used("t"), input_tokens=-1), "`int` >= 0"),
    ("no count", lambda: with_field(used("t"), cost_micro_usd=2**60), "`int` <="),
]


@pytest.mark.parametrize(
    ("content", "why"), [pytest.param(make, why, id=name) for name, make, why in BAD_FIELDS]
)
def test_a_record_that_cannot_be_stored(content: Callable[[], bytes], why: str) -> None:
    made = content()
    told, line = refusal(made), len(made.splitlines())
    assert told.startswith(f"The archive is refused: line {line}: ")
    assert why in told


@pytest.mark.parametrize("year", [1, 9999])
def test_a_last_update_is_whenever_the_client_has_put_it(year: int) -> None:
    talk = msgspec.structs.replace(TALK, last_update=datetime(year, 1, 1, tzinfo=UTC))
    assert read(archive([talk])) == [talk]


def test_as_deep_as_any_store_takes() -> None:
    assert len(read(archive([TALK, said(1, claude_code_data=nested(30))]))) == 2


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ([said(1)], "line 2: a message before any conversation"),
        ([TALK, TALK], "line 3: id is there twice"),
        ([talk("b"), talk("a")], "line 3: id is there twice, or not in ascending order"),
        ([used("t"), used("t")], "line 3: turn is there twice"),
        ([TALK, said(1), said(1)], "line 4: message number 1 must be 2"),
        ([TALK, said(1), said(2, version_of=1), said(3, version_of=2)], "line 5: version_of"),
        (
            [TALK, said(1), said(2, created_at=DAY - timedelta(days=1))],
            "line 4: created_at is earlier than that of the message before",
        ),
    ],
)
def test_records_that_do_not_go_together(given: list[Record], why: str) -> None:
    assert why in refusal(archive(given))


WHOLE = archive(RICH)
CUT = WHOLE[: WHOLE.rindex(b'{"type":"end"')]
NO_HEADER = "line 1: this is no header of an archive of Parley"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", NO_HEADER),
        (b"\n", NO_HEADER),
        (b"hello\n", NO_HEADER),
        (b"[" * 100_000, NO_HEADER),
        (encoded(RICH[0]), NO_HEADER),
        (header(format="zip"), NO_HEADER),
        (header(version=2), "line 1: this server reads version 1 of the format only"),
        (header().replace(b'"version":1', b'"version":"1"'), "line 1: this server reads version 1"),
        (header().replace(b'"anna"', b"7"), "line 1: Expected `str`"),
        (CUT, "line 15: it breaks off; its last line must be the end record"),
        (header(), "line 1: it breaks off"),
        (WHOLE[:-10], "line 16: this is no valid JSON"),
        (CUT[:-30] + b"\n", "line 15: this is no valid JSON"),
        (header() + b'{"type":"message","usage":{"a":' + b"[" * 5000 + b"\n", "nested too deep"),
        (header() + b'{"type":"prompt","title":"\xff"}\n', "line 2: this is no valid U"),
        (header() + b'{"type":"prompt","title":"\\ud83d","text":""}\n', "line 2: this is no valid"),
        (WHOLE + b"{}\n", "line 16: there is something after the end record"),
        (WHOLE.replace(b'"messages":6', b'"messages":5'), "counts other records than there are"),
        (WHOLE.replace(b"first version", b"other version"), "not those that the end record has"),
    ],
)  # fmt: skip
def test_a_text_that_is_no_whole_archive(content: bytes, why: str) -> None:
    assert why in refusal(content)


def test_blank_lines_at_the_end_are_nothing() -> None:
    assert len(read(WHOLE + b"\n \n")) == len(RICH)


def test_what_is_refused_is_not_repeated_at_length() -> None:
    assert len(refusal(with_field(TALK, **{"x" * 10_000: 1}))) < 300
