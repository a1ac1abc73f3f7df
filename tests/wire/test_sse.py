"""The splitter against the format, and against every place at which a network may cut."""

import pytest

from adapters.transport.sse import ServerEvent, SseSplitter
from tests.wire.answers import payloads, pieces
from tests.wire.recordings import Exchange, each, exchanges

STREAMS = [
    exchange
    for provider, wire in (("openai", "chat"), ("openai", "responses"))
    for exchange in exchanges(provider, wire)
    if exchange.streams
]


@pytest.mark.parametrize(
    ("wire", "expected"),
    [
        (b"data: a\n\ndata: b\n\n", [b"a", b"b"]),
        (b"data:a\n\n", [b"a"]),
        (b"data:  a\n\n", [b" a"]),
        (b"data: a\r\n\r\ndata: b\r\n\r\n", [b"a", b"b"]),
        (b"data: a\r\rdata: b\r\r", [b"a", b"b"]),
        (b"data: a\ndata: b\n\n", [b"a\nb"]),
        (b"data\n\n", [b""]),
        (b"event: x\ndata: a\n\n", [b"a"]),
        (b"data: a\nevent: x\n\n", [b"a"]),
        (b"event: x\ndata: a\ndata: b\n\n", [b"a\nb"]),
        (b"event: x\nid: 1\ndata: a\n\n", [b"a"]),
        (b"id: 1\nretry: 5\ndata: a\n\n", [b"a"]),
        (b": ping\n\ndata: a\n\n", [b"a"]),
        (b"data: a\n: ping\ndata: b\n\n", [b"a\nb"]),
        (b"event: ping\n\ndata: a\n\n", [b"a"]),
        (b"\n\n\n\ndata: a\n\n\n\n\ndata: b\n\n", [b"a", b"b"]),
        (b"\xef\xbb\xbfdata: a\n\n", [b"a"]),
        (b"data: \xd1\x8f\n\n", ["я".encode()]),
        (b"data: a: b\n\n", [b"a: b"]),
        (b"nonsense\n\ndata: a\n\n", [b"a"]),
        (b"data: a\n\ndata: [DONE]", [b"a", b"[DONE]"]),
        (b"data: a\n\ndata: [DONE]\n", [b"a", b"[DONE]"]),
        (b"", []),
    ],
)
def test_the_format(wire: bytes, expected: list[bytes]) -> None:
    assert payloads([wire]) == expected
    assert payloads(pieces(wire, 1)) == expected
    for at in range(len(wire)):
        assert payloads([wire[:at], wire[at:]]) == expected


def test_names_of_events() -> None:
    splitter = SseSplitter()
    found = [
        *splitter.feed_named(b"event: start\ndata: 1\n\nda"),
        *splitter.feed_named(b"ta: 2\n\n: ping\n\nevent: stop\n\n"),
    ]
    assert found == [ServerEvent(b"start", b"1"), ServerEvent(b"", b"2")]


def test_what_waits_for_its_end_is_kept() -> None:
    splitter = SseSplitter()
    assert splitter.feed(b"data: a\n\ndata: b") == [b"a"]
    assert splitter.unread() == b"data: b"
    assert splitter.feed(b"c\n\n") == [b"bc"]
    assert splitter.unread() == b""


def test_a_payload_of_megabytes_in_small_pieces() -> None:
    payload = b"x" * 4_000_000
    assert payloads(pieces(b"data: " + payload + b"\n\n", 4096)) == [payload]


@each(STREAMS)
def test_recorded_streams_byte_by_byte(exchange: Exchange) -> None:
    body = exchange.body
    expected = payloads([body])
    assert expected
    assert payloads(pieces(body, 1)) == expected


@each(STREAMS)
def test_recorded_streams_cut_in_two_anywhere(exchange: Exchange) -> None:
    start = exchange.body[:1200]
    expected = payloads([start])
    for at in range(len(start)):
        assert payloads([start[:at], start[at:]]) == expected


@each(STREAMS[::8])
@pytest.mark.parametrize("line_end", [b"\r\n", b"\r"])
def test_recorded_streams_with_other_line_ends(exchange: Exchange, line_end: bytes) -> None:
    body = exchange.body.replace(b"\r\n", b"\n")
    assert payloads(pieces(body.replace(b"\n", line_end), 1)) == payloads([body])
