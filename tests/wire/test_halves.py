"""Halves of characters in payloads, by themselves."""

import pytest

from adapters.transport.halves import Halves, has_halves, without_halves


@pytest.mark.parametrize(
    ("payload", "mended"),
    [
        (rb'{"a":"\ud83d"}', rb'{"a":"\ufffd"}'),
        (rb'{"a":"\ude00x\ud83dy"}', rb'{"a":"\ufffdx\ufffdy"}'),
        (rb'{"a":"\ud83d\u0041"}', rb'{"a":"\ufffd\u0041"}'),
        (rb'{"a":"\ud83d\ud83d\ude00"}', rb'{"a":"\ufffd\ud83d\ude00"}'),
        (rb'{"a":"\ud83d\"', rb'{"a":"\ufffd\"'),
    ],
)
def test_each_half_is_one_sign(payload: bytes, mended: bytes) -> None:
    assert has_halves(payload)
    assert without_halves(payload) == mended


@pytest.mark.parametrize(
    "payload",
    [
        rb'{"a":"\ud83d\ude00"}',
        rb'{"a":"\\ud83d"}',  # Letters behind a backslash.
        rb'{"a":"\ud7ff\ue000\u0041\n"}',
        b'{"a":"\xed\xa0\xbd"}',
        b"{",
    ],
)
def test_what_is_no_half_stays(payload: bytes) -> None:
    assert not has_halves(payload)


def test_halves_in_several_texts_are_joined_together() -> None:
    halves = Halves()
    assert halves.mended(rb'{"delta":"\ud83d","all":"a\ud83d","id":"x"}') == []
    assert halves.mended(rb'{"delta":"\ude00","all":"a\ud83d\ude00"}') == [
        b'{"delta":"","all":"a","id":"x"}',
        rb'{"delta":"\ud83d\ude00","all":"a\ud83d\ude00"}',
    ]
    assert halves.rest() == []


def test_a_quote_inside_a_text_does_not_begin_one() -> None:
    halves = Halves()
    assert halves.mended(rb'{"a":"\ud83d"}') == []
    assert halves.mended(rb'{"a":"\"\ude00"}') == [rb'{"a":"\ufffd"}', rb'{"a":"\"\ufffd"}']


def test_what_was_held_back_comes_at_the_end() -> None:
    halves = Halves()
    assert halves.mended(rb'{"a":"\ud83d"}') == []
    assert halves.rest() == [rb'{"a":"\ufffd"}']
    assert halves.held is None
