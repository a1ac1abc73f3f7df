"""Texts made ready for a voice, and transcripts put right."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.speech.preparation import in_requests, prepared
from domain.speech.rewrite import Rewrite, RewriteRule


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Well, yes", "Well.. … yes"),
        ("1,000 and 2.5", "1,000 and 2.5"),
        ("What?! No", "What?? No"),
        ("*Very* good. Really! Sure? Ok.", "Very good.. Really!!.. Sure??.. Ok."),
        ("<response>Hi</response>", "Hi"),
        ("A<inner_monologue>so,\nwhat</inner_monologue>B", "AB"),
        ("He BURPS loudly now", "He  now"),
        ("burpsy", "burpsy"),
        ("<inner_monologue>x</inner_monologue>", ""),
        ("  ", ""),
    ],
)
def test_preparation(text: str, said: str) -> None:
    assert prepared(text) == said


def test_sentences_are_packed_and_long_ones_cut() -> None:
    assert in_requests("One two. Three four! Five?", 20) == ["One two. Three four!", "Five?"]
    assert in_requests("Ab. " + "x" * 25, 10) == ["Ab.", "x" * 10, "x" * 10, "x" * 5]
    assert in_requests("x" * 25 + ". Ab.", 10) == ["x" * 10, "x" * 10, "xxxxx. Ab."]
    assert in_requests(" ", 10) == []


@settings(max_examples=40)
@given(st.text("ab .!?\n", max_size=60), st.integers(1, 20))
def test_no_request_is_too_long_and_nothing_is_lost(text: str, most: int) -> None:
    parts = in_requests(text, most)
    assert all(0 < len(part) <= most for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())


@pytest.mark.parametrize(
    ("heard", "right"),
    [
        ("I use cloud code daily", "I use Claude Code daily"),
        ("Cloud Cowork, cloud coat and 11 LAPS.", "Claude Cowork, Claude Code and elevenlabs."),
        ("McCloud codes", "McCloud codes"),
        ("111 laps", "111 laps"),
        ("", ""),
    ],
)
def test_rewriting(heard: str, right: str) -> None:
    assert Rewrite()(heard) == right


def test_rules_work_on_what_the_one_before_made_and_put_in_plain_text() -> None:
    rewrite = Rewrite([RewriteRule("a+", r"\1 b"), RewriteRule("b", "c")])
    assert rewrite("aaa") == r"\1 c"
    assert Rewrite([])("cloud code") == "cloud code"
    with pytest.raises(ValueError, match="no regular expression"):
        Rewrite([RewriteRule("(", "")])
